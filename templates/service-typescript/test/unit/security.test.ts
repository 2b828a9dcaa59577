import { setTimeout as sleep } from 'node:timers/promises';

import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';

import { IssuerUnavailableError, UnauthorizedError } from '../../src/common/problems.js';
import { loadSettings } from '../../src/config/configuration.js';
import { SERVICE_NAME } from '../../src/config/service.js';
import { TokenVerifier } from '../../src/infrastructure/security/token-verifier.js';

const ISSUER = 'https://issuer.test/';

/** Signs tokens and serves its keys. */
class Issuer {
  fetches = 0;
  isUp = true;

  private constructor(
    private readonly key: CryptoKey,
    private readonly jwk: JWK,
  ) {}

  static async create(): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    return new Issuer(privateKey, await exportJWK(publicKey));
  }

  token(claims: Record<string, unknown> = {}, kid = 'one'): Promise<string> {
    const now = Date.now() / 1000;
    const body = { iss: ISSUER, aud: SERVICE_NAME, sub: 'someone', exp: now + 60, scope: 'a b', ...claims };
    const given = Object.entries(body).filter(([, value]) => value !== null);
    return new SignJWT(Object.fromEntries(given)).setProtectedHeader({ alg: 'ES256', kid }).sign(this.key);
  }

  verifier(): TokenVerifier {
    const settings = loadSettings({ AUTH_JWKS_URL: 'https://issuer.test/keys', AUTH_ISSUER: ISSUER });
    return new TokenVerifier(settings, async () => {
      this.fetches += 1;
      await sleep(10);
      const keys = [{ ...this.jwk, kid: 'one', alg: 'ES256', use: 'sig' }];
      return this.isUp ? Response.json({ keys }) : new Response('', { status: 503 });
    });
  }
}

describe('a token', () => {
  it('names its caller and scopes', async () => {
    const issuer = await Issuer.create();
    const { subject, scopes } = await issuer.verifier().verify(await issuer.token());
    expect([subject, [...scopes]]).toEqual(['someone', ['a', 'b']]);
  });

  it.each([
    ['expired', { exp: 1 }],
    ['of another audience', { aud: 'another' }],
    ['of another issuer', { iss: 'https://evil.test/' }],
    ['without a subject', { sub: null }],
    ['without an expiry', { exp: null }],
    ['without an audience', { aud: null }],
    ['without an issuer', { iss: null }],
  ])('that is %s is refused', async (_, claims) => {
    const issuer = await Issuer.create();
    const token = await issuer.token(claims);
    await expect(issuer.verifier().verify(token)).rejects.toThrow(UnauthorizedError);
  });

  it('that is unsigned, garbage, or signed by another is refused', async () => {
    const [issuer, forger] = [await Issuer.create(), await Issuer.create()];
    const good = await issuer.token();
    const unsigned = new UnsecuredJWT({ sub: 'someone', aud: SERVICE_NAME, iss: ISSUER })
      .setExpirationTime('1m')
      .encode();
    for (const token of [unsigned, 'garbage', '', 'a.b.c', `${good}x`, await forger.token()]) {
      await expect(issuer.verifier().verify(token)).rejects.toThrow(UnauthorizedError);
    }
  });

  it('signed with a shared secret is refused', async () => {
    const issuer = await Issuer.create();
    const claims = { iss: ISSUER, aud: SERVICE_NAME, sub: 'someone', exp: Date.now() / 1000 + 60 };
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(new TextEncoder().encode('a secret that is long enough for it'));
    await expect(issuer.verifier().verify(forged)).rejects.toThrow(UnauthorizedError);
  });
});

describe("the issuer's keys", () => {
  it('are fetched once for many, and not again for unknown ones', async () => {
    const issuer = await Issuer.create();
    const verifier = issuer.verifier();
    await Promise.all(Array.from({ length: 8 }, async () => verifier.verify(await issuer.token())));
    const unknown = await issuer.token({}, 'unknown');
    for (const _ of [1, 2, 3]) {
      await expect(verifier.verify(unknown)).rejects.toThrow(UnauthorizedError);
    }
    expect(issuer.fetches).toBe(1);
  });

  it('that cannot be had make the answer unavailable, not unauthorized', async () => {
    const issuer = await Issuer.create();
    issuer.isUp = false;
    await expect(issuer.verifier().verify(await issuer.token())).rejects.toThrow(IssuerUnavailableError);
  });
});
