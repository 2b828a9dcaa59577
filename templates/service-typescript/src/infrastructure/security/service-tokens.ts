import { BrokenCircuitError } from 'cockatiel';
import { z } from 'zod';

import type { Settings } from '../../config/configuration.js';
import { DependencyError, type TokenSource } from '../http-client/dependency-client.js';
import { makeBreaker, secondsLeft } from '../http-client/resilience.js';
import { describe, getLogger } from '../observability/logger.js';

const log = getLogger('service-tokens');

/** Its name among the dependencies in logs and metrics; no service can have it. */
const ISSUER = 'token issuer';

const FETCH_TIMEOUT_S = 3;
const BREAKER_FAILURES = 3;
const BREAKER_RESET_S = 5;

/** How long before its end a token is renewed; a tenth of its life where that is less. */
const EARLY_S = 30;

/** Where the issuer does not say how long a token lives. */
const DEFAULT_LIFETIME_S = 60;

/** A callee that refuses every token does not make us fetch one for each call. */
const MIN_RENEWAL_S = 10;

/** An answer of the issuer (RFC 6749, section 5.1); some issuers send numbers as text. */
const Granted = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().default(DEFAULT_LIFETIME_S),
});
const Refused = z.object({ error: z.string() });

/** Whom a token is for, and what it allows there. */
export interface Grant {
  readonly audience: string;
  readonly scope: string;
}

/** There is no token to call with: the issuer does not answer, or refuses us. */
export class TokenUnavailableError extends DependencyError {
  constructor(detail: string, cause?: unknown) {
    super(ISSUER, detail, undefined, undefined, cause);
  }
}

/** A token, with the moments on the clock of performance.now() when it is to be renewed and when it ends. */
interface Token {
  readonly value: string;
  readonly renewAt: number;
  readonly endsAt: number;
}

/**
 * Tokens of this service's own, for the services that it calls: client credentials (RFC 6749, section 4.4).
 *
 * Each callee gets a token for its audience with the scopes of the operations that are called there, and no others. A
 * token is fetched once for all calls, and renewed beside them shortly before it expires, so that an issuer that is down
 * costs nothing until then.
 */
export class ServiceTokens {
  private readonly breaker = makeBreaker(
    ISSUER,
    { failures: BREAKER_FAILURES, resetS: BREAKER_RESET_S },
    (error) => error instanceof TokenUnavailableError,
  );

  constructor(
    private readonly settings: Settings,
    private readonly send: typeof fetch = fetch,
  ) {}

  /** The tokens for one callee. */
  source(grant: Grant): TokenSource {
    return new GrantedTokens(this, grant);
  }

  /** A new token; throws TokenUnavailableError where the issuer does not answer, refuses us, or has failed too often. */
  async fetch(grant: Grant): Promise<Token> {
    try {
      return await this.breaker.execute(() => this.request(grant));
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        throw new TokenUnavailableError('has failed too often of late and is left alone for a while', error);
      }
      throw error;
    }
  }

  private async request({ audience, scope }: Grant): Promise<Token> {
    const asked = performance.now();
    try {
      const response = await this.send(this.settings.auth_token_url ?? '', {
        method: 'POST',
        headers: { Authorization: this.authorization() },
        body: new URLSearchParams({ grant_type: 'client_credentials', audience, ...(scope === '' ? {} : { scope }) }),
        signal: AbortSignal.timeout(FETCH_TIMEOUT_S * 1000),
        redirect: 'manual',
      });
      return await tokenOf(response, asked);
    } catch (error) {
      log.warning('auth.no_token', { audience, error: describe(error) });
      throw new TokenUnavailableError(`gives no token for ${audience}: ${describe(error)}`, error);
    }
  }

  /** Our id and secret, each encoded as in a form (RFC 6749, section 2.3.1). */
  private authorization(): string {
    const { auth_client_id: id = '', auth_client_secret: secret = '' } = this.settings;
    const [name, password] = [id, secret].map((text) => new URLSearchParams({ text }).toString().slice('text='.length));
    return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  }
}

/** The current token for one callee. */
class GrantedTokens implements TokenSource {
  private current: Token | undefined;
  private fetching: Promise<Token> | undefined;
  private rejectedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly tokens: ServiceTokens,
    private readonly grant: Grant,
  ) {}

  async token(): Promise<string> {
    const now = performance.now();
    if (this.current === undefined || now >= this.current.endsAt) {
      return await this.fetched();
    }
    if (now >= this.current.renewAt) {
      this.fetch().catch(() => undefined); // the log has it, and the present token lives on
    }
    return this.current.value;
  }

  async renewed(rejected: string): Promise<string | undefined> {
    if (this.current !== undefined && this.current.value !== rejected) {
      return this.current.value;
    }
    const now = performance.now();
    if (this.fetching === undefined) {
      if (now - this.rejectedAt < MIN_RENEWAL_S * 1000) {
        return undefined;
      }
      this.rejectedAt = now;
    }
    return await this.fetched();
  }

  /** What the fetch in hand brings, for as long as our caller waits; it goes on for the others. */
  private async fetched(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TokenUnavailableError(`gives no token for ${this.grant.audience} in time`);
      timer = setTimeout(reject, Math.ceil(secondsLeft(FETCH_TIMEOUT_S) * 1000), error);
    });
    return await Promise.race([this.fetch(), late])
      .then((token) => token.value)
      .finally(() => clearTimeout(timer));
  }

  private fetch(): Promise<Token> {
    this.fetching ??= this.tokens
      .fetch(this.grant)
      .then((token) => (this.current = token))
      .finally(() => (this.fetching = undefined));
    return this.fetching;
  }
}

async function tokenOf(response: Response, asked: number): Promise<Token> {
  const body: unknown = await response.json();
  if (response.status !== 200) {
    const refused = Refused.safeParse(body);
    throw new Error(`answered ${response.status}${refused.success ? ` ${refused.data.error}` : ''}`);
  }
  const granted = Granted.safeParse(body);
  if (!granted.success) {
    const faults = granted.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`answered without a bearer token that lives (${faults.join('; ')})`);
  }
  const { access_token: value, expires_in: lifetimeS } = granted.data;
  const early = Math.min(EARLY_S, lifetimeS / 10);
  return { value, renewAt: asked + (lifetimeS - early) * 1000, endsAt: asked + lifetimeS * 1000 };
}
