import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { problemOf } from '../../src/common/filters/problem.filter.js';
import { runInRequest } from '../../src/common/request-context.js';
import {
  DependencyClient,
  DependencyError,
  type Policy,
} from '../../src/infrastructure/http-client/dependency-client.js';
import {
  Bulkhead,
  BulkheadFullError,
  CircuitOpenError,
  DEADLINE_HEADER,
  DeadlineExceededError,
} from '../../src/infrastructure/http-client/resilience.js';

function policy(changes: Partial<Policy> = {}): Policy {
  return {
    name: 'neighbour',
    timeout_s: 0.2,
    attempts: 3,
    backoff_s: 0.001,
    breaker_failures: 3,
    breaker_reset_s: 0.05,
    concurrency: 2,
    ...changes,
  };
}

/** Answers with a row of statuses, then with the last one for ever. */
class Neighbour {
  readonly requests: Headers[] = [];
  private readonly statuses: number[];

  constructor(
    statuses: number[],
    private readonly delayMs = 0,
    private readonly headers: Record<string, string> = {},
  ) {
    this.statuses = statuses;
  }

  client(own: Policy): DependencyClient {
    return new DependencyClient(own, 'http://neighbour', undefined, async (_url, init) => {
      this.requests.push(new Headers(init?.headers));
      const { signal } = init ?? {};
      await sleep(this.delayMs, undefined, signal ? { signal } : {});
      const status = this.statuses.length > 1 ? this.statuses.shift() : this.statuses[0];
      return new Response('{}', { status: status ?? 500, headers: this.headers });
    });
  }
}

function within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  return runInRequest({ requestId: 'r', deadline: performance.now() + seconds * 1000, faults: [] }, work);
}

describe('a call to a neighbour', () => {
  it('is repeated until it succeeds, where that is safe', async () => {
    const neighbour = new Neighbour([503, 503, 200]);
    const response = await neighbour.client(policy({ breaker_failures: null })).call('GET', '/');
    expect([response.status, neighbour.requests.length]).toEqual([200, 3]);
  });

  it('is never repeated where it is a POST without a key', async () => {
    const neighbour = new Neighbour([503]);
    await expect(neighbour.client(policy()).call('POST', '/')).rejects.toThrow(DependencyError);
    expect(neighbour.requests).toHaveLength(1);
  });

  it('is repeated with the same key where it has one', async () => {
    const neighbour = new Neighbour([503, 201]);
    await neighbour.client(policy()).call('POST', '/', { idempotencyKey: 'k' });
    expect(neighbour.requests.map((headers) => headers.get('Idempotency-Key'))).toEqual(['k', 'k']);
  });

  it('is neither repeated nor counted against the neighbour where it is refused', async () => {
    const neighbour = new Neighbour([404]);
    const client = neighbour.client(policy({ breaker_failures: 1 }));
    for (const _ of [1, 2, 3]) {
      await expect(client.call('GET', '/')).rejects.toMatchObject({ status: 404 });
    }
    expect(neighbour.requests).toHaveLength(3);
  });

  it('is given up in time where it hangs', async () => {
    const started = performance.now();
    const call = new Neighbour([200], 5000).client(policy({ attempts: 1, timeout_s: 0.05 })).call('GET', '/');
    await expect(call).rejects.toThrow(/neighbour/);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('waits as long as the neighbour asks for', async () => {
    const started = performance.now();
    const neighbour = new Neighbour([429, 200], 0, { 'Retry-After': '1' });
    await neighbour.client(policy()).call('GET', '/');
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it('tells how long its own caller still waits, and is not made where that is over', async () => {
    const neighbour = new Neighbour([200]);
    await within(0.1, () => neighbour.client(policy({ timeout_s: 5 })).call('GET', '/'));
    const left = Number(neighbour.requests[0]?.get(DEADLINE_HEADER));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(100);
    const late = within(0, () => neighbour.client(policy()).call('GET', '/'));
    await expect(late).rejects.toThrow(DeadlineExceededError);
  });
});

describe('a breaker', () => {
  it('opens, then lets one probe through, then closes', async () => {
    const neighbour = new Neighbour([500, 500, 500, 200]);
    const client = neighbour.client(policy({ attempts: 1 }));
    for (const _ of [1, 2, 3]) {
      await expect(client.call('GET', '/')).rejects.toThrow(DependencyError);
    }
    await expect(client.call('GET', '/')).rejects.toThrow(CircuitOpenError);
    expect([neighbour.requests.length, client.isOpen]).toEqual([3, true]);
    await sleep(60);
    expect((await client.call('GET', '/')).status).toBe(200);
    expect(client.isOpen).toBe(false);
  });

  it('lets only one caller probe', async () => {
    const neighbour = new Neighbour([500], 20);
    const client = neighbour.client(policy({ attempts: 1, breaker_failures: 1 }));
    await expect(client.call('GET', '/')).rejects.toThrow(DependencyError);
    await sleep(60);
    const calls = await Promise.allSettled([client.call('GET', '/'), client.call('GET', '/')]);
    expect(calls.map((call) => call.status)).toEqual(['rejected', 'rejected']);
    expect(neighbour.requests).toHaveLength(2);
  });
});

describe('a bulkhead', () => {
  it('refuses instead of queueing where it is full', async () => {
    const bulkhead = new Bulkhead('full', 1);
    const first = bulkhead.run(() => sleep(20));
    await expect(bulkhead.run(() => sleep(0))).rejects.toThrow(BulkheadFullError);
    await first;
    await bulkhead.run(() => sleep(0));
  });
});

describe('what nobody catches', () => {
  it.each([
    [new DependencyError('neighbour', 'answered 503', 503), 503],
    [new DependencyError('neighbour', 'does not answer'), 503],
    [new CircuitOpenError('neighbour'), 503],
    [new BulkheadFullError('neighbour'), 503],
    [new DeadlineExceededError('too late'), 503],
    [new DependencyError('neighbour', 'answered 403', 403), 500],
  ])('is unavailable where it may pass, and our fault where it may not: %s', (error, status) => {
    expect(problemOf(error).status).toBe(status);
  });
});
