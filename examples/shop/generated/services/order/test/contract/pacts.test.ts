import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { orderCancelled, orderConfirmed } from '../../src/domains/purchase-order/events/purchase-order.events.js';
import { PLACE_ORDER_SAGA } from '../../src/domains/saga-definitions.js';
import { PlaceOrderAuthorizePaymentCompensation, PlaceOrderReserveStockCompensation } from '../../src/domains/saga-messages.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';
import { EventHandlers } from '../../src/infrastructure/event-bus/event-handlers/event-handlers.js';
import { InboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { keyOf } from '../../src/infrastructure/sagas/saga-message.js';
import { stepAt } from '../../src/infrastructure/sagas/saga.js';
import * as factories from '../fixtures/factories.js';
import { agreed, consumers, type Factory, type MakeMessage, verify } from '../fixtures/pacts.js';
import { TestService } from '../fixtures/service.js';

// Each file of contracts/pacts names a consumer and a provider (Richardson, Microservices Patterns, ch. 9). Where this
// service is the provider, Pact replays the file here, and a failure names the consumer; where it is the consumer, its own
// code must send and take exactly what the file says.

const RUN = uuid7();

/** What must be there before a consumer asks, and what makes it. */
const STATES: Readonly<Record<string, Factory>> = {};

/** The messages that others hear, as this service makes them. */
const MESSAGES: Readonly<Record<string, MakeMessage>> = {
  'OrderCancelled.v1': async (tx) => orderCancelled(await factories.purchaseOrder(tx)),
  'OrderConfirmed.v1': async (tx) => orderConfirmed(await factories.purchaseOrder(tx)),
  'PlaceOrderReserveStockCommand.v1': async (tx) => stepAt(PLACE_ORDER_SAGA.steps, 0).command(uuid7(), await factories.purchaseOrder(tx)),
  'PlaceOrderReserveStockCompensation.v1': async () => PlaceOrderReserveStockCompensation.of(keyOf(RUN), { saga_id: RUN }),
  'PlaceOrderAuthorizePaymentCommand.v1': async (tx) => stepAt(PLACE_ORDER_SAGA.steps, 1).command(uuid7(), await factories.purchaseOrder(tx)),
  'PlaceOrderAuthorizePaymentCompensation.v1': async () => PlaceOrderAuthorizePaymentCompensation.of(keyOf(RUN), { saga_id: RUN }),
  'PlaceOrderCapturePaymentCommand.v1': async (tx) => stepAt(PLACE_ORDER_SAGA.steps, 2).command(uuid7(), await factories.purchaseOrder(tx)),
  'PlaceOrderCommitStockCommand.v1': async (tx) => stepAt(PLACE_ORDER_SAGA.steps, 3).command(uuid7(), await factories.purchaseOrder(tx)),
};

describe('a consumer', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start('sqlite');
  });

  afterAll(() => service.stop());

  it.each(consumers())('%s gets what it relies on', async (consumer) => {
    await verify(service, consumer, STATES, MESSAGES);
  });
});

const HEARD: readonly { provider: string; name: string }[] = [
  { provider: 'inventory', name: 'PlaceOrderReserveStockReply.v1' },
  { provider: 'payment', name: 'PlaceOrderAuthorizePaymentReply.v1' },
  { provider: 'payment', name: 'PlaceOrderCapturePaymentReply.v1' },
  { provider: 'inventory', name: 'PlaceOrderCommitStockReply.v1' },
];

describe('a message', () => {
  it.each(HEARD)('$name of $provider is taken with no more than was agreed', async ({ provider, name }) => {
    const service = await TestService.start('sqlite');
    try {
      const envelope = Object(agreed(provider, name).message);
      const { id, type, partitionkey: key } = envelope;
      const handler = service.app.get(EventHandlers, { strict: false }).create().get(type);
      await handler?.({ id, type, key, body: Buffer.from(JSON.stringify(envelope)) });
      const taken = await service.run((tx) => tx.find(InboxMessage));
      expect(new Set(taken.map(({ message_id }) => message_id))).toEqual(new Set([id]));
    } finally {
      await service.stop();
    }
  });
});
