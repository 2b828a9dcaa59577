import { z } from 'zod';

import { EventDefinition } from '../infrastructure/event-bus/event.js';
import { Uuid } from './values.js';

// Each event holds what this service uses of it: its publisher may change the rest.

/** The money of an order has been taken. */
export const PaymentCaptured = new EventDefinition(
  'PaymentCaptured',
  1,
  z.object({
    order_id: Uuid,
  }),
);
export type PaymentCaptured = z.infer<typeof PaymentCaptured.schema>;

/** The provider refused the payment of an order. */
export const PaymentDeclined = new EventDefinition(
  'PaymentDeclined',
  1,
  z.object({
    order_id: Uuid,
  }),
);
export type PaymentDeclined = z.infer<typeof PaymentDeclined.schema>;
