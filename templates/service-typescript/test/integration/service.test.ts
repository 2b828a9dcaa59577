import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { secondsLeft, DEADLINE_HEADER } from '../../src/infrastructure/http-client/resilience.js';
import { configureLogging } from '../../src/infrastructure/observability/logger.js';
import { loadSettings } from '../../src/config/configuration.js';
import { createApp } from '../../src/create-app.js';
import { MIGRATIONS } from '../../src/infrastructure/database/migrations/index.js';
import { Database } from '../../src/infrastructure/database/database.js';
import { isOutage } from '../../src/infrastructure/database/outage.js';
import { describeApi } from '../../src/openapi.js';
import { migrate } from '../../src/migrate.js';
import { DATABASES, TestService, testSettings } from '../fixtures/service.js';

describe.each(DATABASES)('the service on %s', (kind) => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start(kind);
  });

  afterAll(() => service.stop());

  it('is alive and ready', async () => {
    expect((await service.request('GET', '/health/live')).status).toBe(200);
    const ready = await service.request('GET', '/health/ready');
    expect([ready.status, ready.json.checks.database]).toEqual([200, 'up']);
  });

  it('tells of requests and the outbox in its metrics', async () => {
    await service.request('GET', '/v1/nothing-here');
    const { text } = await service.request('GET', '/metrics');
    expect(text).toContain('http_server_request_duration_seconds_count');
    expect(text).toContain('outbox_lag_seconds');
  });

  it('answers a path that is not there with a problem', async () => {
    const answer = await service.request('GET', '/v1/nothing-here');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect(answer.json.type).toBe('urn:problem:not-found');
  });

  it('refuses a body that is too large, announced or not', async () => {
    const [path = '/'] = Object.keys(describeApi(service.app).paths);
    const body = 'x'.repeat(service.settings.max_body_bytes + 1);
    const announced = await service.request('POST', path, { body });
    expect([announced.status, announced.json.type]).toEqual([413, 'urn:problem:payload-too-large']);
    const stream = new Blob([body]).stream();
    const chunked = await fetch(service.url + path, { method: 'POST', body: stream, duplex: 'half' });
    expect(chunked.status).toBe(413);
  });

  it('never fails on what is no request', async () => {
    const [path = '/'] = Object.keys(describeApi(service.app).paths);
    const deep = '['.repeat(100_000);
    const bodies = [
      '{',
      'null',
      '[]',
      '"x"',
      '1',
      '{"__proto__":{"a":1},"constructor":1}',
      deep,
      `${deep}${']'.repeat(100_000)}`,
    ];
    const types = [
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json;charset=latin1',
      'x',
    ];
    for (const body of [...bodies, '{"note":"\\u0000"}', '{"note":"\\ud800"}', new Uint8Array([0x7b, 0xff])]) {
      for (const type of types) {
        const headers = { 'Content-Type': type, 'Idempotency-Key': 'k' };
        const response = await fetch(service.url + path, { method: 'POST', body, headers });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('answers with the request id and security headers', async () => {
    const answer = await service.request('GET', '/health/live', { headers: { 'X-Request-ID': 'my-request' } });
    expect(answer.headers.get('x-request-id')).toBe('my-request');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const forged = await service.request('GET', '/health/live', { headers: { 'X-Request-ID': 'no spaces' } });
    expect(forged.headers.get('x-request-id')).not.toBe('no spaces');
  });

  it('logs a request as JSON with its ids, and without its secrets', async () => {
    const lines: string[] = [];
    configureLogging(testSettings({ LOG_LEVEL: 'INFO' }), { write: (line) => void lines.push(line) });
    const headers = { 'X-Request-ID': 'r1', Authorization: 'Bearer hidden' };
    await service.request('GET', '/v1/nothing-here?secret=hidden', { headers });
    configureLogging(service.settings);
    const access = lines.map((line) => JSON.parse(line)).find((record) => record.event === 'http.request');
    expect(access).toMatchObject({ request_id: 'r1', status: 404, method: 'GET', route: 'unmatched', level: 'info' });
    expect(access.trace_id).toHaveLength(32);
    expect(lines.join('')).not.toContain('hidden');
  });

  it('says which methods a path knows', async () => {
    for (const path of Object.keys(describeApi(service.app).paths)) {
      const answer = await service.request('OPTIONS', path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([405, 'application/problem+json']);
      expect(answer.headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
    }
  });

  it("bounds its own calls by its caller's deadline", async () => {
    let left = Number.NaN;
    const own = await createApp(service.settings);
    own.use('/probe', (_request: IncomingMessage, response: ServerResponse) => {
      left = secondsLeft(60);
      response.end();
    });
    await own.listen(0, '127.0.0.1');
    await fetch(`${await own.getUrl()}/probe`, { headers: { [DEADLINE_HEADER]: '250' } });
    await own.close();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(0.25);
  });

  it('can migrate down and up again, by several at once', async () => {
    const own = new Database(service.settings);
    const source = await own.ready();
    for (const _ of MIGRATIONS) {
      await source.undoLastMigration();
    }
    await own.close();
    await Promise.all(kind === 'sqlite' ? [migrate(service.settings)] : [1, 2, 3].map(() => migrate(service.settings)));
    const rows: unknown = await service.run((tx) => tx.query('SELECT count(*) AS n FROM outbox_messages'));
    expect(Number(Object(rows)[0].n)).toBe(0);
  });
});

describe('a service without its neighbours', () => {
  it('is alive but not ready without its database', async () => {
    const settings = testSettings({
      DATABASE_URL: 'postgresql://127.0.0.1:1/gone',
      DATABASE_TIMEOUT_S: '0.5',
      LOG_LEVEL: 'ERROR',
    });
    const app = await createApp(settings);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    try {
      expect((await fetch(`${url}/health/ready`)).status).toBe(503);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
    } finally {
      await app.close();
    }
  });

  it('refuses to start in production on embedded defaults', () => {
    expect(() => loadSettings({ ENVIRONMENT: 'production' })).toThrow(/production needs DATABASE_URL, BROKER_URL/);
  });

  it('names a malformed setting but not its value', () => {
    expect(() => loadSettings({ PORT: 's3cret' })).toThrow(/PORT: /);
    expect(() => loadSettings({ PORT: 's3cret' })).not.toThrow(/s3cret/);
  });
});

describe('the source', () => {
  it('holds no secret', async () => {
    const folder = join(import.meta.dirname, '../../src');
    for (const file of await readdir(folder, { recursive: true })) {
      if (file.endsWith('.ts')) {
        expect(await readFile(join(folder, file), 'utf8')).not.toContain('-----BEGIN');
      }
    }
  });
});

describe.each(DATABASES.filter((kind) => kind !== 'sqlite'))('the service on a server, %s,', (kind) => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start(kind);
  });

  afterAll(() => service.stop());

  it.each([
    ['57P03', true],
    ['53300', true],
    ['40001', true],
    ['08006', true],
    ['P0001', false],
  ])('tells by the code %s whether the server is away: %s', async (code, isAway) => {
    const failing = service.run((tx) => tx.query(`DO $$ BEGIN RAISE SQLSTATE '${code}'; END $$`));
    expect(await failing.then(() => undefined, isOutage)).toBe(isAway);
  });
});
