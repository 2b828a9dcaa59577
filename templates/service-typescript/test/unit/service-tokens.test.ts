import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { runInRequest } from '../../src/common/request-context.js';
import { loadSettings, SettingsError } from '../../src/config/configuration.js';
import { DependencyClient, type Policy, type TokenSource } from '../../src/infrastructure/http-client/dependency-client.js';
import { DeadlineExceededError } from '../../src/infrastructure/http-client/resilience.js';
import { ServiceTokens, TokenUnavailableError } from '../../src/infrastructure/security/service-tokens.js';

const SET = { AUTH_TOKEN_URL: 'http://issuer/token', AUTH_CLIENT_ID: 'a client', AUTH_CLIENT_SECRET: 's3:cr%t' };

/** Gives tokens that count up, for as long as it is well. */
class Issuer {
  readonly requests: { headers: Headers; form: Record<string, string> }[] = [];
  isUp = true;
  answer: unknown = undefined;
  delayMs = 5;

  source(): TokenSource {
    return new ServiceTokens(loadSettings(SET), async (_url, init) => {
      const form = init?.body instanceof URLSearchParams ? Object.fromEntries(init.body) : {};
      this.requests.push({ headers: new Headers(init?.headers), form });
      await sleep(this.delayMs);
      if (!this.isUp) {
        return Response.json({ error: 'temporarily_unavailable' }, { status: 503 });
      }
      const granted = { access_token: `token-${this.requests.length}`, token_type: 'Bearer', expires_in: 300 };
      return Response.json(this.answer ?? granted);
    }).source({ audience: 'neighbour', scope: 'things:read things:write' });
  }
}

/** Takes the tokens that it is told to take. */
class Neighbour {
  readonly tokens: (string | null)[] = [];

  constructor(private readonly accepts: (token: string | null) => boolean = () => true) {}

  client(tokens: TokenSource): DependencyClient {
    const policy: Policy = {
      name: 'neighbour',
      timeout_s: 1,
      attempts: 1,
      backoff_s: 0.001,
      breaker_failures: 1,
      breaker_reset_s: 10,
      concurrency: 20,
    };
    return new DependencyClient(policy, 'http://neighbour', tokens, async (_url, init) => {
      const token = new Headers(init?.headers).get('Authorization');
      this.tokens.push(token);
      return new Response('{}', { status: this.accepts(token) ? 200 : 401 });
    });
  }
}

/** Let the clock by which tokens grow old go on. */
function pass(seconds: number): void {
  const now = performance.now() + seconds * 1000;
  vi.spyOn(performance, 'now').mockReturnValue(now);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a token of our own', () => {
  it('is asked for with our credentials, for one audience and the scopes that are needed there', async () => {
    const issuer = new Issuer();
    expect(await issuer.source().token()).toBe('token-1');
    const [request] = issuer.requests;
    const credentials = Buffer.from('a+client:s3%3Acr%25t').toString('base64');
    expect(request?.headers.get('Authorization')).toBe(`Basic ${credentials}`);
    const scope = 'things:read things:write';
    expect(request?.form).toEqual({ grant_type: 'client_credentials', audience: 'neighbour', scope });
  });

  it('is fetched once for all calls', async () => {
    const [issuer, neighbour] = [new Issuer(), new Neighbour()];
    const client = neighbour.client(issuer.source());
    await Promise.all(Array.from({ length: 8 }, () => client.call('GET', '/')));
    await client.call('GET', '/');
    expect(issuer.requests).toHaveLength(1);
    expect(new Set(neighbour.tokens)).toEqual(new Set(['Bearer token-1']));
  });

  it("stays away where the call brings its caller's", async () => {
    const [issuer, neighbour] = [new Issuer(), new Neighbour()];
    await neighbour.client(issuer.source()).call('GET', '/', { token: 'theirs' });
    expect([neighbour.tokens, issuer.requests]).toEqual([['Bearer theirs'], []]);
  });

  it('is renewed before it ends, while calls go on with it', async () => {
    const issuer = new Issuer();
    const source = issuer.source();
    await source.token();
    pass(280);
    expect(await source.token()).toBe('token-1');
    await sleep(100);
    expect(await source.token()).toBe('token-2');
  });

  it('serves until it ends where the issuer is down, and then the outcome is clear', async () => {
    const [issuer, neighbour] = [new Issuer(), new Neighbour()];
    const client = neighbour.client(issuer.source());
    await client.call('GET', '/');
    issuer.isUp = false;
    pass(280);
    expect((await client.call('GET', '/')).status).toBe(200);
    pass(21);
    await expect(client.call('GET', '/')).rejects.toMatchObject({ dependency: 'token issuer', isTransient: true });
    expect(client.isOpen, 'the neighbour is not to blame').toBe(false);
  });

  it('is not asked for again and again where the issuer fails', async () => {
    const issuer = new Issuer();
    issuer.isUp = false;
    const source = issuer.source();
    for (const _ of [1, 2, 3, 4, 5]) {
      await expect(source.token()).rejects.toThrow(TokenUnavailableError);
    }
    expect(issuer.requests).toHaveLength(3);
  });

  it('is renewed once where the callee refuses it', async () => {
    const issuer = new Issuer();
    const neighbour = new Neighbour((token) => token !== 'Bearer token-1');
    const client = neighbour.client(issuer.source());
    expect((await client.call('POST', '/')).status).toBe(200);
    expect(neighbour.tokens).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('is not renewed for each call of a callee that refuses all', async () => {
    const issuer = new Issuer();
    const client = new Neighbour(() => false).client(issuer.source());
    for (const _ of [1, 2, 3]) {
      await expect(client.call('GET', '/')).rejects.toMatchObject({ status: 401 });
    }
    expect(issuer.requests).toHaveLength(2);
  });

  it('is waited for no longer than our own caller waits', async () => {
    const issuer = new Issuer();
    issuer.delayMs = 1000;
    const source = issuer.source();
    const started = performance.now();
    const request = { requestId: 'r', deadline: started + 50, faults: [] };
    await expect(runInRequest(request, () => source.token())).rejects.toThrow(TokenUnavailableError);
    expect(performance.now() - started).toBeLessThan(500);
    await sleep(5);
    await expect(runInRequest(request, () => source.token())).rejects.toThrow(DeadlineExceededError);
  });

  it.each([
    { token_type: 'Bearer' },
    { access_token: 'x', token_type: 'mac' },
    { access_token: 'x', token_type: 'Bearer', expires_in: 0 },
    { access_token: 'x', token_type: 'Bearer', expires_in: 'soon' },
    [],
  ])('is not taken from an answer that is none: %j', async (answer) => {
    const issuer = new Issuer();
    issuer.answer = answer;
    await expect(issuer.source().token()).rejects.toThrow(TokenUnavailableError);
  });

  it('needs all of its settings or none', () => {
    const { AUTH_CLIENT_SECRET: _, ...partial } = SET;
    expect(() => loadSettings(partial)).toThrow(SettingsError);
    expect(() => loadSettings(partial)).toThrow(/AUTH_CLIENT_SECRET/);
  });
});
