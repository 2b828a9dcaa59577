import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { PaymentResponse } from '../../src/domains/payment/dto/payment.dto.js';
import { TRANSITIONS } from '../../src/domains/payment/entities/payment.entity.js';
import { EVENTS_OF_TRANSITION } from '../../src/domains/payment/events/payment.events.js';

describe('payment', () => {
  it('speaks of its own states only', () => {
    const states = ['authorized', 'captured', 'voided', 'refunded'];
    for (const { from, to } of Object.values<{ from: readonly string[]; to: string }>(TRANSITIONS)) {
      expect(states).toEqual(expect.arrayContaining([...from, to]));
    }
    expect(Object.keys(TRANSITIONS)).toEqual(expect.arrayContaining(Object.keys(EVENTS_OF_TRANSITION)));
  });

  it('always says which version a response shows', () => {
    const { required } = z.toJSONSchema(PaymentResponse, { io: 'input' }).$defs?.['PaymentResponse'] ?? {};
    expect(required).toEqual(expect.arrayContaining(['id', 'version', 'created_at', 'updated_at']));
  });
});
