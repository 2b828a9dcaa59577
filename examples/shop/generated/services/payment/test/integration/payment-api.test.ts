import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Payment } from '../../src/domains/payment/entities/payment.entity.js';
import { OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import * as factories from '../fixtures/factories.js';
import { DATABASES, key, TestService } from '../fixtures/service.js';

describe.each(DATABASES)('the operations on payment, on %s', (kind) => {
  let service: TestService;

  beforeEach(async () => {
    service = await TestService.start(kind);
  });

  afterEach(() => service.stop());

  /** The names of the events that were told so far. */
  async function eventNames(): Promise<string[]> {
    const rows = await service.run((tx) => tx.find(OutboxMessage));
    return rows.map(({ event_type }) => event_type.split('.').at(-2) ?? '').toSorted((a, b) => a.localeCompare(b));
  }

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
    const { id } = await service.run((tx) => factories.payment(tx));
    await service.run((tx) => tx.update(Payment, { id }, { status: 'pending' }));
    const body = await service.run((tx) => factories.capturePaymentBody(tx, 1));
    const moved = await service.request('POST', `/v1/payments/${id}/capture`, { body, headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'captured']);
    expect(await eventNames()).toEqual(['PaymentCaptured']);
  });

  it('capturePayment is refused from another state', async () => {
    const { id } = await service.run((tx) => factories.payment(tx));
    await service.run((tx) => tx.update(Payment, { id }, { status: 'captured' }));
    const body = await service.run((tx) => factories.capturePaymentBody(tx, 1));
    const refused = await service.request('POST', `/v1/payments/${id}/capture`, { body, headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });

  it('declinePayment moves it along its lifecycle', async () => {
    const { id } = await service.run((tx) => factories.payment(tx));
    await service.run((tx) => tx.update(Payment, { id }, { status: 'pending' }));
    const body = await service.run((tx) => factories.declinePaymentBody(tx, 1));
    const moved = await service.request('POST', `/v1/payments/${id}/decline`, { body, headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'declined']);
    expect(await eventNames()).toEqual(['PaymentDeclined']);
  });

  it('declinePayment is refused from another state', async () => {
    const { id } = await service.run((tx) => factories.payment(tx));
    await service.run((tx) => tx.update(Payment, { id }, { status: 'captured' }));
    const body = await service.run((tx) => factories.declinePaymentBody(tx, 1));
    const refused = await service.request('POST', `/v1/payments/${id}/decline`, { body, headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });

  it('refundPayment moves it along its lifecycle', async () => {
    const { id } = await service.run((tx) => factories.payment(tx));
    await service.run((tx) => tx.update(Payment, { id }, { status: 'captured' }));
    const moved = await service.request('POST', `/v1/payments/${id}/refund`, { headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'refunded']);
    expect(await eventNames()).toEqual(['PaymentRefunded']);
  });

  it('refundPayment is refused from another state', async () => {
    const { id } = await service.run((tx) => factories.payment(tx));
    await service.run((tx) => tx.update(Payment, { id }, { status: 'pending' }));
    const refused = await service.request('POST', `/v1/payments/${id}/refund`, { headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });
});
