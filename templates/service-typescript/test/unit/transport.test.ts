import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadSettings, mayBePlain } from '../../src/config/configuration.js';
import { brokerTls, databaseTls, withoutCertificates } from '../../src/config/transport.js';

const UNSEEN = 'between-us';
const DATABASE = `postgresql://ada:${UNSEEN}@database.example/ada`;
const GUARDED = {
  ENVIRONMENT: 'production',
  AUTH_JWKS_URL: 'https://issuer.example/keys',
  AUTH_ISSUER: 'https://issuer.example/',
  AUTH_TOKEN_URL: 'https://issuer.example/token',
  AUTH_CLIENT_ID: 'ada',
  AUTH_CLIENT_SECRET: UNSEEN,
  DATABASE_URL: `${DATABASE}?sslmode=verify-full`,
  BROKER_URL: `amqps://ada:${UNSEEN}@broker.example/`,
};
const IN_THE_CLEAR: [string, string][] = [
  ['DATABASE_URL', DATABASE],
  ['DATABASE_URL', `${DATABASE}?sslmode=disable`],
  ['DATABASE_URL', `${DATABASE}?sslmode=require&sslmode=disable`],
  ['BROKER_URL', `amqp://ada:${UNSEEN}@broker.example/`],
];

describe('what is reached in the clear', () => {
  it('is nothing where everything encrypts, so that production starts', () => {
    expect(mayBePlain(loadSettings(GUARDED))).toBe(false);
  });

  it.each(IN_THE_CLEAR)('is refused in production without a word of the password: %s', (name, url) => {
    const load = (): unknown => loadSettings({ ...GUARDED, [name]: url });
    expect(load).toThrow(new RegExp(`${name} does not encrypt: .*ALLOW_PLAINTEXT=true`));
    expect(load).not.toThrow(new RegExp(UNSEEN));
  });

  it.each(IN_THE_CLEAR)('is allowed by a setting, or refused everywhere: %s', (name, url) => {
    const given = { ...GUARDED, [name]: url };
    expect(mayBePlain(loadSettings({ ...given, ALLOW_PLAINTEXT: 'true' }))).toBe(true);
    expect(mayBePlain(loadSettings({ ...given, ENVIRONMENT: 'test' }))).toBe(true);
    const strict = { ...given, ENVIRONMENT: 'test', ALLOW_PLAINTEXT: 'false' };
    expect(() => loadSettings(strict)).toThrow(`${name} does not encrypt`);
  });

  it('is nothing where everything stays in the process', () => {
    const given = { DATABASE_URL: 'sqlite:///x.db', BROKER_URL: 'memory://', ALLOW_PLAINTEXT: 'false' };
    expect(() => loadSettings(given)).not.toThrow();
  });
});

const said = (mode: string): unknown => databaseTls(`postgresql://database.example/ada?sslmode=${mode}`);

describe('what a URL says of certificates', () => {
  it.each([
    ['sslmode=prefer', /DATABASE_URL: sslmode must be one of/],
    ['sslmode=verify-ca', /DATABASE_URL: sslmode=verify-ca needs sslrootcert/],
  ])('is refused where it proves nothing: %s', (query, fault) => {
    expect(() => loadSettings({ DATABASE_URL: `postgresql://database.example/ada?${query}` })).toThrow(fault);
  });

  it('decides whether the certificate and the name are checked', () => {
    expect(said('require')).toMatchObject({ rejectUnauthorized: false });
    expect(said('verify-full')).toMatchObject({ rejectUnauthorized: true });
    expect(said('verify-full')).not.toHaveProperty('checkServerIdentity');
    expect(said('disable')).toBe(false);
    expect(databaseTls('postgresql://database.example/ada')).toBeUndefined();
  });

  it('is not told the driver, which reads it in its own way', () => {
    const asked = 'sslmode=verify-full&application_name=ada&sslrootcert=/run/tls/ca.crt&sslcert=a&sslkey=b';
    const told = withoutCertificates(`postgresql://database.example/ada?${asked}`);
    expect(told).toBe('postgresql://database.example/ada?application_name=ada');
  });

  it('is read anew for each connection, and is as it was while a file is away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
    const file = join(folder, 'ca.crt');
    await writeFile(file, 'one');
    const tls = Object(databaseTls(`postgresql://database.example/ada?sslmode=verify-full&sslrootcert=${file}`));
    expect(tls.ca).toBe('one');
    await writeFile(file, 'two');
    expect(tls.ca).toBe('two');
    await rm(folder, { recursive: true });
    expect(tls.ca).toBe('two');
  });

  it('is told where a file is not there', () => {
    expect(() => databaseTls('postgresql://database.example/ada?sslmode=verify-full&sslrootcert=/none.crt')).toThrow(/ENOENT/);
    expect(() => brokerTls('amqps://broker.example/?cafile=/none.crt')).toThrow(/ENOENT/);
  });
});
