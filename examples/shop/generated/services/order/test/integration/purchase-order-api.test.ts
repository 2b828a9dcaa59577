import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PurchaseOrder } from '../../src/domains/purchase-order/entities/purchase-order.entity.js';
import { PurchaseOrderRepository } from '../../src/domains/purchase-order/purchase-order.repository.js';
import { OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import * as factories from '../fixtures/factories.js';
import { DATABASES, key, TestService } from '../fixtures/service.js';

describe.each(DATABASES)('the operations on purchase order, on %s', (kind) => {
  let service: TestService;

  beforeEach(async () => {
    service = await TestService.start(kind);
  });

  afterEach(() => service.stop());

  /** The id of a stored purchase order in a state. */
  async function standing(state: PurchaseOrder['status']): Promise<string> {
    return await service.run(async (tx) => {
      const stored = await factories.purchaseOrder(tx);
      stored.status = state;
      await new PurchaseOrderRepository().update(tx, stored);
      return stored.id;
    });
  }

  /** The names of the events that were told so far. */
  async function eventNames(): Promise<string[]> {
    const rows = await service.run((tx) => tx.find(OutboxMessage));
    return rows.map(({ event_type }) => event_type.split('.').at(-2) ?? '').toSorted((a, b) => a.localeCompare(b));
  }

  it('placeOrder stores it and tells of it', async () => {
    const body = await service.run((tx) => factories.placeOrderBody(tx));
    const answer = await service.request('POST', `/v1/orders`, { body, headers: key() });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('location')).toBe(`/v1/orders/${answer.json.id}`);
    expect(answer.json).toMatchObject(body);
    expect(await eventNames()).toEqual(['OrderPlaced', 'PlaceOrderReserveStockCommand']);
  });

  it('placeOrder refuses what it does not know', async () => {
    const body = await service.run((tx) => factories.placeOrderBody(tx));
    const answer = await service.request('POST', `/v1/orders`, { body: { ...body, unheard_of: 1 }, headers: key() });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
    expect(answer.json.errors).toMatchObject([{ pointer: '/body/unheard_of' }]);
  });

  it('placeOrder needs an idempotency key', async () => {
    const body = await service.run((tx) => factories.placeOrderBody(tx));
    const answer = await service.request('POST', `/v1/orders`, { body });
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toContain('Idempotency-Key');
  });

  it('placeOrder repeated gives the first answer', async () => {
    const body = await service.run((tx) => factories.placeOrderBody(tx));
    const headers = key();
    const first = await service.request('POST', `/v1/orders`, { body, headers });
    const again = await service.request('POST', `/v1/orders`, { body, headers });
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([201, first.text, 'true']);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    const reused = await service.request('POST', `/v1/orders?other=1`, { body, headers });
    expect([reused.status, reused.json.type]).toEqual([422, 'urn:problem:idempotency-key-reused']);
  });

  it('fifty duplicates of placeOrder at once make one', async () => {
    const body = await service.run((tx) => factories.placeOrderBody(tx));
    const before = await service.run((tx) => tx.count(PurchaseOrder));
    const headers = key();
    const calls = Array.from({ length: 50 }, () => service.request('POST', `/v1/orders`, { body, headers }));
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json.id)).size).toBe(1);
    expect(await service.run((tx) => tx.count(PurchaseOrder))).toBe(before + 1);
    expect(await eventNames()).toEqual(['OrderPlaced', 'PlaceOrderReserveStockCommand']);
  });

  it('getOrder finds what is stored', async () => {
    const { id } = await service.run((tx) => factories.purchaseOrder(tx));
    const answer = await service.request('GET', `/v1/orders/${id}`);
    expect([answer.status, answer.json.id, answer.headers.get('etag')]).toEqual([200, id, '"1"']);
  });

  it('getOrder says when there is none', async () => {
    const id = randomUUID();
    const answer = await service.request('GET', `/v1/orders/${id}`);
    expect([answer.status, answer.json.type]).toEqual([404, 'urn:problem:not-found']);
  });

  it('listOrders pages through all in order', async () => {
    for (const variant of [0, 1, 2]) await service.run((tx) => factories.purchaseOrder(tx, variant));
    const stored = await service.run((tx) => tx.find(PurchaseOrder, { order: { id: 'ASC' } }));
    const seen: unknown[] = [];
    let query: string | null = 'limit=2';
    while (query !== null) {
      const { json } = await service.request('GET', `/v1/orders?${query}`);
      seen.push(...json.items.map((item: { id: string }) => item.id));
      query = json.next_cursor === null ? null : `limit=2&cursor=${json.next_cursor}`;
    }
    expect(seen).toEqual(stored.map(({ id }) => id));
  });

  it('listOrders is bounded', async () => {
    expect((await service.request('GET', `/v1/orders?limit=101`)).status).toBe(422);
  });

  it('updateOrderNote changes only the version that was read', async () => {
    const { id } = await service.run((tx) => factories.purchaseOrder(tx));
    const body = await service.run((tx) => factories.updateOrderNoteBody(tx, 1));
    const change = (headers: Record<string, string>) => service.request('PUT', `/v1/orders/${id}`, { body, headers });
    expect((await change(key())).status).toBe(428);
    expect((await change({ ...key(), 'If-Match': '"7"' })).status).toBe(412);
    const changed = await change({ ...key(), 'If-Match': '"1"' });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.json).toMatchObject(body);
    expect(await eventNames()).toEqual([]);
  });

  it('cancelOrder moves it along its lifecycle', async () => {
    const id = await standing('pending');
    const moved = await service.request('POST', `/v1/orders/${id}/cancel`, { headers: key() });
    expect([moved.status, moved.json.status], moved.text).toEqual([200, 'cancelled']);
    expect(await eventNames()).toEqual(['OrderCancelled']);
  });

  it('cancelOrder is refused from another state', async () => {
    const id = await standing('confirmed');
    const refused = await service.request('POST', `/v1/orders/${id}/cancel`, { headers: key() });
    expect([refused.status, refused.json.type]).toEqual([409, 'urn:problem:state-conflict']);
    expect(await eventNames()).toEqual([]);
  });
});
