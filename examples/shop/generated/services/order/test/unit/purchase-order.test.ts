import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { PurchaseOrderResponse } from '../../src/domains/purchase-order/dto/purchase-order.dto.js';
import { TRANSITIONS } from '../../src/domains/purchase-order/entities/purchase-order.entity.js';
import { EVENTS_OF_TRANSITION } from '../../src/domains/purchase-order/events/purchase-order.events.js';

describe('purchase order', () => {
  it('speaks of its own states only', () => {
    const states = ['pending', 'confirmed', 'cancelled'];
    for (const { from, to } of Object.values<{ from: readonly string[]; to: string }>(TRANSITIONS)) {
      expect(states).toEqual(expect.arrayContaining([...from, to]));
    }
    expect(Object.keys(TRANSITIONS)).toEqual(expect.arrayContaining(Object.keys(EVENTS_OF_TRANSITION)));
  });

  it('always says which version a response shows', () => {
    const { required } = z.toJSONSchema(PurchaseOrderResponse, { io: 'input' }).$defs?.['PurchaseOrderResponse'] ?? {};
    expect(required).toEqual(expect.arrayContaining(['id', 'version', 'created_at', 'updated_at']));
  });
});
