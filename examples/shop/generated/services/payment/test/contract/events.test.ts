import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { OrderPlaced } from '../../src/domains/incoming.js';
import { paymentCaptured } from '../../src/domains/payment/events/payment.events.js';
import { paymentDeclined } from '../../src/domains/payment/events/payment.events.js';
import { paymentRefunded } from '../../src/domains/payment/events/payment.events.js';
import type { DomainEvent, EventDefinition } from '../../src/infrastructure/event-bus/event.js';
import { EventHandlers } from '../../src/infrastructure/event-bus/event-handlers/event-handlers.js';
import * as factories from '../fixtures/factories.js';
import { TestService } from '../fixtures/service.js';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

/** What is wrong with data by the schema that publishers and subscribers share. */
function faults(definition: EventDefinition<unknown>, data: unknown): unknown {
  const schema = readFileSync(`contracts/events/${definition.name}.v${definition.version}.json`, 'utf8');
  const validate = ajv.compile(z.record(z.string(), z.unknown()).parse(JSON.parse(schema)));
  return validate(data) ? [] : validate.errors;
}

describe('events', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start('sqlite');
  });

  afterAll(() => service.stop());

  it('PaymentCaptured fits its schema when it is published', async () => {
    const made: DomainEvent = await service.run(async (tx) => paymentCaptured(await factories.payment(tx, 0)));
    expect(faults(made.definition, JSON.parse(JSON.stringify(made.data)))).toEqual([]);
    expect(made.orderingKey).not.toBe('');
  });

  it('PaymentDeclined fits its schema when it is published', async () => {
    const made: DomainEvent = await service.run(async (tx) => paymentDeclined(await factories.payment(tx, 1)));
    expect(faults(made.definition, JSON.parse(JSON.stringify(made.data)))).toEqual([]);
    expect(made.orderingKey).not.toBe('');
  });

  it('PaymentRefunded fits its schema when it is published', async () => {
    const made: DomainEvent = await service.run(async (tx) => paymentRefunded(await factories.payment(tx, 2)));
    expect(faults(made.definition, JSON.parse(JSON.stringify(made.data)))).toEqual([]);
    expect(made.orderingKey).not.toBe('');
  });

  it('OrderPlaced is understood as its publisher promises it', () => {
    const data = { order_id: '01890a5d-ac96-774b-bcce-b302099a8000', customer_id: '01890a5d-ac96-774b-bcce-b302099a8000', customer_email: 'someone0@example.com', lines: [{ sku: 'A', quantity: 1, unit_price: { minor_units: 1000, currency: 'EUR' } }], total: { minor_units: 1000, currency: 'EUR' } };
    expect(faults(OrderPlaced, data)).toEqual([]);
    expect(OrderPlaced.schema.safeParse({ ...data, a_field_added_later: 1 }).error).toBeUndefined();
    expect(service.app.get(EventHandlers, { strict: false }).create().has(OrderPlaced.type)).toBe(true);
  });
});
