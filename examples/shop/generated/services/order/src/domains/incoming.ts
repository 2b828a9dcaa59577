import { z } from 'zod';

import { EventDefinition } from '../infrastructure/event-bus/event.js';
import { Amount, text, Uuid } from './values.js';

/** The money of an order has been taken. */
export const PaymentCaptured = new EventDefinition(
  'PaymentCaptured',
  1,
  z.object({
    payment_id: Uuid,
    order_id: Uuid,
    amount: Amount,
  }),
);
export type PaymentCaptured = z.infer<typeof PaymentCaptured.schema>;

/** The provider refused the payment of an order. */
export const PaymentDeclined = new EventDefinition(
  'PaymentDeclined',
  1,
  z.object({
    payment_id: Uuid,
    order_id: Uuid,
    decline_reason: text({ max: 200 }).nullish(),
  }),
);
export type PaymentDeclined = z.infer<typeof PaymentDeclined.schema>;
