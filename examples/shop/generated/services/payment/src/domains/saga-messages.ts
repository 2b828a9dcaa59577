import { z } from 'zod';

import { EventDefinition } from '../infrastructure/event-bus/event.js';
import { Outcome } from '../infrastructure/sagas/saga-message.js';
import { Amount, text, Uuid } from './values.js';

/** PlaceOrderSaga asks payment to authorize payment. */
export const PlaceOrderAuthorizePaymentCommand = new EventDefinition(
  'PlaceOrderAuthorizePaymentCommand',
  1,
  z.object({
    saga_id: Uuid,
    order_id: Uuid,
    amount: Amount,
  }),
);
export type PlaceOrderAuthorizePaymentCommand = z.infer<typeof PlaceOrderAuthorizePaymentCommand.schema>;

/** PlaceOrderSaga asks payment to authorize payment no more. */
export const PlaceOrderAuthorizePaymentCompensation = new EventDefinition(
  'PlaceOrderAuthorizePaymentCompensation',
  1,
  z.object({
    saga_id: Uuid,
  }),
);
export type PlaceOrderAuthorizePaymentCompensation = z.infer<typeof PlaceOrderAuthorizePaymentCompensation.schema>;

/** PlaceOrderSaga asks payment to capture payment. */
export const PlaceOrderCapturePaymentCommand = new EventDefinition(
  'PlaceOrderCapturePaymentCommand',
  1,
  z.object({
    saga_id: Uuid,
  }),
);
export type PlaceOrderCapturePaymentCommand = z.infer<typeof PlaceOrderCapturePaymentCommand.schema>;

/** What became of authorize payment in payment. */
export const PlaceOrderAuthorizePaymentReply = new EventDefinition(
  'PlaceOrderAuthorizePaymentReply',
  1,
  z.object({ saga_id: Uuid, outcome: Outcome, reason: text({ max: 500 }).nullish() }),
);

/** What became of capture payment in payment. */
export const PlaceOrderCapturePaymentReply = new EventDefinition(
  'PlaceOrderCapturePaymentReply',
  1,
  z.object({ saga_id: Uuid, outcome: Outcome, reason: text({ max: 500 }).nullish() }),
);
