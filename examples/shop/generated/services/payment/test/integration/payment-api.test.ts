import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Payment } from '../../src/domains/payment/entities/payment.entity.js';
import { PaymentRepository } from '../../src/domains/payment/payment.repository.js';
import { OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import * as factories from '../fixtures/factories.js';
import { DATABASES, key, TestService } from '../fixtures/service.js';

describe.each(DATABASES)('the operations on payment, on %s', (kind) => {
  let service: TestService;

  beforeEach(async () => {
    service = await TestService.start(kind);
  });

  afterEach(() => service.stop());

  /** The id of a stored payment in a state. */
  async function standing(state: Payment['status']): Promise<string> {
    return await service.run(async (tx) => {
      const stored = await factories.payment(tx);
      stored.status = state;
      await new PaymentRepository().update(tx, stored);
      return stored.id;
    });
  }

  /** The names of the events that were told so far. */
  async function eventNames(): Promise<string[]> {
    const rows = await service.run((tx) => tx.find(OutboxMessage));
    return rows.map(({ event_type }) => event_type.split('.').at(-2) ?? '').toSorted((a, b) => a.localeCompare(b));
  }

  it('authorizePayment stores it and tells of it', async () => {
    const body = await service.run((tx) => factories.authorizePaymentBody(tx));
    const answer = await service.request('POST', `/v1/payments`, { body, headers: key() });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('location')).toBe(`/v1/payments/${answer.json.id}`);
    expect(answer.json).toMatchObject(body);
    expect(await eventNames()).toEqual([]);
  });

  it('authorizePayment refuses what it does not know', async () => {
    const body = await service.run((tx) => factories.authorizePaymentBody(tx));
    const answer = await service.request('POST', `/v1/payments`, { body: { ...body, unheard_of: 1 }, headers: key() });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
    expect(answer.json.errors).toMatchObject([{ pointer: '/body/unheard_of' }]);
  });

  it('authorizePayment needs an idempotency key', async () => {
    const body = await service.run((tx) => factories.authorizePaymentBody(tx));
    const answer = await service.request('POST', `/v1/payments`, { body });
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toContain('Idempotency-Key');
  });

  it('authorizePayment repeated gives the first answer', async () => {
    const body = await service.run((tx) => factories.authorizePaymentBody(tx));
    const headers = key();
    const first = await service.request('POST', `/v1/payments`, { body, headers });
    const again = await service.request('POST', `/v1/payments`, { body, headers });
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([201, first.text, 'true']);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    const reused = await service.request('POST', `/v1/payments?other=1`, { body, headers });
    expect([reused.status, reused.json.type]).toEqual([422, 'urn:problem:idempotency-key-reused']);
  });

  it('fifty duplicates of authorizePayment at once make one', async () => {
    const body = await service.run((tx) => factories.authorizePaymentBody(tx));
    const before = await service.run((tx) => tx.count(Payment));
    const headers = key();
    const calls = Array.from({ length: 50 }, () => service.request('POST', `/v1/payments`, { body, headers }));
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json.id)).size).toBe(1);
    expect(await service.run((tx) => tx.count(Payment))).toBe(before + 1);
    expect(await eventNames()).toEqual([]);
  });

  it('authorizePayment refuses a second one with a unique value', async () => {
    const body = await service.run((tx) => factories.authorizePaymentBody(tx));
    expect((await service.request('POST', `/v1/payments`, { body, headers: key() })).status).toBe(201);
    const second = await service.request('POST', `/v1/payments`, { body, headers: key() });
    expect([second.status, second.json.type]).toEqual([409, 'urn:problem:conflict']);
  });

  it('getPayment finds what is stored', async () => {
    const { id } = await service.run((tx) => factories.payment(tx));
    const answer = await service.request('GET', `/v1/payments/${id}`);
    expect([answer.status, answer.json.id, answer.headers.get('etag')]).toEqual([200, id, '"1"']);
  });

  it('getPayment says when there is none', async () => {
    const id = randomUUID();
    const answer = await service.request('GET', `/v1/payments/${id}`);
    expect([answer.status, answer.json.type]).toEqual([404, 'urn:problem:not-found']);
  });

  it('listPayments pages through all in order', async () => {
    for (const variant of [0, 1, 2]) await service.run((tx) => factories.payment(tx, variant));
    const stored = await service.run((tx) => tx.find(Payment, { order: { id: 'ASC' } }));
    const seen: unknown[] = [];
    let query: string | null = 'limit=2';
    while (query !== null) {
      const { json } = await service.request('GET', `/v1/payments?${query}`);
      seen.push(...json.items.map((item: { id: string }) => item.id));
      query = json.next_cursor === null ? null : `limit=2&cursor=${json.next_cursor}`;
    }
    expect(seen).toEqual(stored.map(({ id }) => id));
  });

  it('listPayments is bounded', async () => {
    expect((await service.request('GET', `/v1/payments?limit=101`)).status).toBe(422);
  });

  it('capturePayment moves it along its lifecycle', async () => {
    const id = await standing('authorized');
    const moved = await service.request('POST', `/v1/payments/${id}/capture`, { headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'captured']);
    expect(await eventNames()).toEqual(['PaymentCaptured']);
  });

  it('capturePayment is refused from another state', async () => {
    const id = await standing('captured');
    const refused = await service.request('POST', `/v1/payments/${id}/capture`, { headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });

  it('voidPayment moves it along its lifecycle', async () => {
    const id = await standing('authorized');
    const moved = await service.request('POST', `/v1/payments/${id}/cancel`, { headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'voided']);
    expect(await eventNames()).toEqual([]);
  });

  it('voidPayment is refused from another state', async () => {
    const id = await standing('captured');
    const refused = await service.request('POST', `/v1/payments/${id}/cancel`, { headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });

  it('refundPayment moves it along its lifecycle', async () => {
    const id = await standing('captured');
    const moved = await service.request('POST', `/v1/payments/${id}/refund`, { headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'refunded']);
    expect(await eventNames()).toEqual(['PaymentRefunded']);
  });

  it('refundPayment is refused from another state', async () => {
    const id = await standing('authorized');
    const refused = await service.request('POST', `/v1/payments/${id}/refund`, { headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });
});
