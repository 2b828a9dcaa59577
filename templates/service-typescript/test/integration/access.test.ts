import { createServer, type Server } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { audit, noteGuarded, type Actor } from '../../src/common/audit.js';
import { SERVICE_NAME } from '../../src/config/service.js';
import { configureLogging } from '../../src/infrastructure/observability/logger.js';
import { Limiter } from '../../src/infrastructure/rate-limit/limiter.js';
import { describeApi } from '../../src/openapi.js';
import { TestService, testSettings } from '../fixtures/service.js';

const ISSUER = 'https://issuer.test/';

describe('access to an operation', () => {
  let issuer: Server;
  let key: CryptoKey;
  let service: TestService;
  let operation: { method: string; path: string; scopes: string[] } | undefined;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    key = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    issuer = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const address = issuer.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    service = await TestService.start('sqlite', { AUTH_JWKS_URL: `http://127.0.0.1:${port}/`, AUTH_ISSUER: ISSUER });
    operation = guarded(service);
  });

  afterAll(async () => {
    await service.stop();
    issuer.close();
  });

  function token(scope: string): Promise<string> {
    const claims = { iss: ISSUER, aud: SERVICE_NAME, sub: 'someone', scope };
    const unsigned = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one' });
    return unsigned.setExpirationTime('1m').sign(key);
  }

  async function call(headers: Record<string, string>): Promise<[number, string | null]> {
    const { method = 'GET', path = '/' } = operation ?? {};
    const answer = await service.request(method, path, { headers });
    return [answer.status, answer.headers.get('www-authenticate')];
  }

  it('needs a token that is good', async (test) => {
    test.skip(operation === undefined);
    expect(await call({})).toEqual([401, 'Bearer']);
    expect(await call({ Authorization: 'Basic x' })).toEqual([401, 'Bearer']);
    expect(await call({ Authorization: 'Bearer garbage' })).toEqual([401, 'Bearer']);
  });

  it('needs the scope of the operation', async (test) => {
    test.skip(operation === undefined);
    const [status, challenge] = await call({ Authorization: `Bearer ${await token('another')}` });
    expect(status).toBe(403);
    expect(challenge).toContain('insufficient_scope');
    const [allowed] = await call({ Authorization: `Bearer ${await token(operation?.scopes.join(' ') ?? '')}` });
    expect([401, 403]).not.toContain(allowed);
  });
});

describe('the audit log', () => {
  it('names who was denied or has changed what, and nothing of those who only read', async (test) => {
    const lines: string[] = [];
    configureLogging(testSettings({ LOG_LEVEL: 'INFO' }), { write: (line) => void lines.push(line) });
    const id = '01890a5d-ac96-774b-bcce-b302099a8000';
    const said = (method: string, status: number, actor?: Actor): Record<string, unknown> | undefined => {
      lines.length = 0;
      const request = { method, params: { thing_id: id } };
      noteGuarded(request, 'doThing', actor);
      audit(request, { getHeader: () => undefined }, '/things/{thing_id}', status);
      return lines.map((line): Record<string, unknown> => JSON.parse(line)).at(0);
    };
    test.onTestFinished(() => configureLogging(testSettings()));
    const someone = { subject: 'someone', client: 'shell' };
    const about = { event: 'audit', operation: 'doThing', entity_id: id };
    const named = { ...about, actor: 'someone', actor_client: 'shell' };
    expect(said('POST', 200, someone)).toMatchObject({ ...named, outcome: 'done', status: 200 });
    expect(said('DELETE', 409, someone)).toMatchObject({ ...named, outcome: 'refused' });
    expect(said('PUT', 503, someone)).toMatchObject({ ...named, outcome: 'failed' });
    expect(said('POST', 403, someone)).toMatchObject({ ...named, outcome: 'denied' });
    expect(said('GET', 401)).toMatchObject({ ...about, outcome: 'denied', actor: null, actor_client: null });
    expect(said('GET', 200, someone)).toBeUndefined();
  });
});

describe('a rate limit', () => {
  const limit = { operation: 'probe', requests: 2, period: 'minute' } as const;

  it('refuses one call too many, of that client only', async () => {
    const limiter = new Limiter(testSettings());
    await limiter.hit(limit, 'one');
    await limiter.hit(limit, 'one');
    await expect(limiter.hit(limit, 'one')).rejects.toMatchObject({ status: 429, headers: { 'Retry-After': '60' } });
    await limiter.hit(limit, 'another');
  });

  it('refuses nobody while its storage is away', async () => {
    const limiter = new Limiter(testSettings({ RATE_LIMIT_STORAGE: 'redis://127.0.0.1:1/0' }));
    for (const _ of [1, 2, 3]) {
      await limiter.hit(limit, 'one');
    }
    limiter.close();
  });
});

/** An operation that needs a scope, with some identity in its path. */
function guarded(service: TestService): { method: string; path: string; scopes: string[] } | undefined {
  for (const [path, operations] of Object.entries(describeApi(service.app).paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const scopes = operations[method]?.security?.flatMap((each) => Object.values(each).flat()) ?? [];
      if (scopes.length > 0) {
        const concrete = path.replaceAll(/\{\w+\}/g, '01890a5d-ac96-774b-bcce-b302099a8000');
        return { method: method.toUpperCase(), path: concrete, scopes };
      }
    }
  }
  return undefined;
}
