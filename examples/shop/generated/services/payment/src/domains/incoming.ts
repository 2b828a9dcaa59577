import { z } from 'zod';

import { EventDefinition } from '../infrastructure/event-bus/event.js';
import { Amount, Email, text, Uuid, wholeNumber } from './values.js';

/** One article of an order. */
export const OrderLine = z.object({
  sku: text({ max: 40, pattern: '^[A-Z0-9-]{1,40}$' }),
  quantity: wholeNumber(1, 1000),
  unit_price: Amount,
});
export type OrderLine = z.infer<typeof OrderLine>;

/** A customer placed an order. */
export const OrderPlaced = new EventDefinition(
  'OrderPlaced',
  1,
  z.object({
    order_id: Uuid,
    customer_id: Uuid,
    customer_email: Email,
    lines: z.array(OrderLine).min(1).max(100),
    total: Amount,
  }),
);
export type OrderPlaced = z.infer<typeof OrderPlaced.schema>;
