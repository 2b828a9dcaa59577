import { createServer, type Server } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SERVICE_NAME } from '../../src/config/service.js';
import { describeApi } from '../../src/openapi.js';
import { TestService } from '../fixtures/service.js';

const ISSUER = 'https://issuer.test/';

describe('access to an operation', () => {
  let issuer: Server;
  let key: CryptoKey;
  let service: TestService;
  let operation: { method: string; path: string; scopes: string[] };

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
    const answer = await service.request(operation.method, operation.path, { headers });
    return [answer.status, answer.headers.get('www-authenticate')];
  }

  it('needs a token that is good', async () => {
    expect(await call({})).toEqual([401, 'Bearer']);
    expect(await call({ Authorization: 'Basic x' })).toEqual([401, 'Bearer']);
    expect(await call({ Authorization: 'Bearer garbage' })).toEqual([401, 'Bearer']);
  });

  it('needs the scope of the operation', async () => {
    const [status, challenge] = await call({ Authorization: `Bearer ${await token('another')}` });
    expect(status).toBe(403);
    expect(challenge).toContain('insufficient_scope');
    const [allowed] = await call({ Authorization: `Bearer ${await token(operation.scopes.join(' '))}` });
    expect([401, 403]).not.toContain(allowed);
  });
});

/** An operation that needs a scope, with some identity in its path. */
function guarded(service: TestService): { method: string; path: string; scopes: string[] } {
  for (const [path, operations] of Object.entries(describeApi(service.app).paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const scopes = operations[method]?.security?.flatMap((each) => Object.values(each).flat()) ?? [];
      if (scopes.length > 0) {
        const concrete = path.replaceAll(/\{\w+\}/g, '01890a5d-ac96-774b-bcce-b302099a8000');
        return { method: method.toUpperCase(), path: concrete, scopes };
      }
    }
  }
  throw new Error('the model names a scope, and the API has none');
}
