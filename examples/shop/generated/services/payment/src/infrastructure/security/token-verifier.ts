import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { z } from 'zod';

import { IssuerUnavailableError, UnauthorizedError } from '../../common/problems.js';
import type { Settings } from '../../config/configuration.js';
import { describe, getLogger } from '../observability/logger.js';

const log = getLogger('security');

/** Asymmetric only: a shared secret would let every service forge tokens. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
const KEYS_LIFETIME_MS = 600_000;
const MIN_REFRESH_MS = 10_000;
const FETCH_TIMEOUT_MS = 3000;
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().exactOptional() })) });

/** A caller. */
export interface Principal {
  readonly subject: string;
  /** The client of the issuer that the token was given to, where it says so. */
  readonly client: string | undefined;
  readonly scopes: ReadonlySet<string>;
}

/** Verifies tokens; fetches the issuer's keys once for all requests, and again when a key is unknown, but not often. */
export class TokenVerifier {
  private keys: JSONWebKeySet | undefined;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private fetching: Promise<void> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly get: typeof fetch = fetch,
  ) {}

  /**
   * The caller that the token names. Throws UnauthorizedError where it is not a token of our issuer for us, or no
   * longer, and IssuerUnavailableError where the issuer's keys cannot be had.
   */
  async verify(token: string): Promise<Principal> {
    try {
      const keys = await this.keysFor(decodeProtectedHeader(token).kid ?? '');
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
        algorithms: ALGORITHMS,
        audience: this.settings.auth_audience,
        ...(this.settings.auth_issuer === undefined ? {} : { issuer: this.settings.auth_issuer }),
        clockTolerance: 10,
        requiredClaims: ['exp', 'sub', 'aud'],
      });
      return principalOf(payload);
    } catch (error) {
      // a token that is no token at all makes jose throw TypeError
      if (error instanceof errors.JOSEError || error instanceof TypeError) {
        throw new UnauthorizedError(`the token is not valid: ${error.message}`);
      }
      throw error;
    }
  }

  private async keysFor(keyId: string): Promise<JSONWebKeySet> {
    if (!this.isFresh(keyId)) {
      this.fetching ??= this.fetch().finally(() => (this.fetching = undefined));
      await this.fetching;
    }
    if (this.keys === undefined || this.keys.keys.length === 0) {
      throw new IssuerUnavailableError();
    }
    if (!this.has(keyId)) {
      throw new UnauthorizedError('the token is signed with an unknown key');
    }
    return this.keys;
  }

  private isFresh(keyId: string): boolean {
    return this.has(keyId) && performance.now() - this.fetchedAt <= KEYS_LIFETIME_MS;
  }

  private has(keyId: string): boolean {
    return this.keys?.keys.some((key) => (key.kid ?? '') === keyId) ?? false;
  }

  private async fetch(): Promise<void> {
    if (performance.now() - this.triedAt <= MIN_REFRESH_MS) {
      return;
    }
    this.triedAt = performance.now();
    try {
      const url = this.settings.auth_jwks_url ?? '';
      const response = await this.get(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
      if (!response.ok) {
        throw new Error(`the issuer answered ${response.status}`);
      }
      this.keys = keySet.parse(await response.json());
      this.fetchedAt = performance.now();
    } catch (error) {
      log.warning('auth.keys_unavailable', { error: describe(error) }); // old keys stay in use
    }
  }
}

function principalOf(payload: JWTPayload): Principal {
  const scopes: unknown = payload['scope'] ?? payload['scp'] ?? '';
  const names = Array.isArray(scopes) ? scopes.map(String) : String(scopes).split(/\s+/);
  const client: unknown = payload['client_id'] ?? payload['azp'];
  const named = typeof client === 'string' ? client : undefined;
  return { subject: String(payload.sub), client: named, scopes: new Set(names.filter((name) => name !== '')) };
}
