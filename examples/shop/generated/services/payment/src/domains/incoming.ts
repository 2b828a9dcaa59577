import { z } from 'zod';

import { EventDefinition } from '../infrastructure/event-bus/event.js';
import { Amount, Uuid } from './values.js';

// Each event holds what this service uses of it: its publisher may change the rest.

/** A customer placed an order. */
export const OrderPlaced = new EventDefinition(
  'OrderPlaced',
  1,
  z.object({
    order_id: Uuid,
    total: Amount,
  }),
);
export type OrderPlaced = z.infer<typeof OrderPlaced.schema>;
