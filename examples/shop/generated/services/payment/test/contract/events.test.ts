import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { paymentCaptured } from '../../src/domains/payment/events/payment.events.js';
import { paymentRefunded } from '../../src/domains/payment/events/payment.events.js';
import type { DomainEvent, EventDefinition } from '../../src/infrastructure/event-bus/event.js';
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

  it('PaymentRefunded fits its schema when it is published', async () => {
    const made: DomainEvent = await service.run(async (tx) => paymentRefunded(await factories.payment(tx, 1)));
    expect(faults(made.definition, JSON.parse(JSON.stringify(made.data)))).toEqual([]);
    expect(made.orderingKey).not.toBe('');
  });
});
