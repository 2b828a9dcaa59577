import { describe, expect, it } from 'vitest';

import { audit, noteGuarded, type Actor } from '../../src/common/audit.js';
import { configureLogging } from '../../src/infrastructure/observability/logger.js';
import { Limiter } from '../../src/infrastructure/rate-limit/limiter.js';
import { testSettings } from '../fixtures/service.js';

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
