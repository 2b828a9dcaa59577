import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PlaceOrderAuthorizePaymentReply, PlaceOrderCapturePaymentReply } from '../../src/domains/saga-messages.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';
import { EventHandlers } from '../../src/infrastructure/event-bus/event-handlers/event-handlers.js';
import { InboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { keyOf } from '../../src/infrastructure/sagas/saga-message.js';
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
  'PlaceOrderAuthorizePaymentReply.v1': async () => PlaceOrderAuthorizePaymentReply.of(keyOf(RUN), { saga_id: RUN, outcome: 'refused', reason: 'too late' }),
  'PlaceOrderCapturePaymentReply.v1': async () => PlaceOrderCapturePaymentReply.of(keyOf(RUN), { saga_id: RUN, outcome: 'refused', reason: 'too late' }),
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
  { provider: 'order', name: 'PlaceOrderAuthorizePaymentCommand.v1' },
  { provider: 'order', name: 'PlaceOrderAuthorizePaymentCompensation.v1' },
  { provider: 'order', name: 'PlaceOrderCapturePaymentCommand.v1' },
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
