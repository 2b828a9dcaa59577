import { z } from 'zod';

import { EventDefinition } from '../infrastructure/event-bus/event.js';
import { Outcome } from '../infrastructure/sagas/saga-message.js';
import { Amount, OrderLine, text, Uuid } from './values.js';

/** PlaceOrderSaga asks inventory to reserve stock. */
export const PlaceOrderReserveStockCommand = new EventDefinition(
  'PlaceOrderReserveStockCommand',
  1,
  z.object({
    saga_id: Uuid,
    order_id: Uuid,
    lines: z.array(OrderLine).min(1).max(100),
  }),
);
export type PlaceOrderReserveStockCommand = z.infer<typeof PlaceOrderReserveStockCommand.schema>;

/** PlaceOrderSaga asks inventory to reserve stock no more. */
export const PlaceOrderReserveStockCompensation = new EventDefinition(
  'PlaceOrderReserveStockCompensation',
  1,
  z.object({
    saga_id: Uuid,
  }),
);
export type PlaceOrderReserveStockCompensation = z.infer<typeof PlaceOrderReserveStockCompensation.schema>;

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

/** PlaceOrderSaga asks inventory to commit stock. */
export const PlaceOrderCommitStockCommand = new EventDefinition(
  'PlaceOrderCommitStockCommand',
  1,
  z.object({
    saga_id: Uuid,
  }),
);
export type PlaceOrderCommitStockCommand = z.infer<typeof PlaceOrderCommitStockCommand.schema>;

/** What became of reserve stock in inventory. */
export const PlaceOrderReserveStockReply = new EventDefinition(
  'PlaceOrderReserveStockReply',
  1,
  z.object({ saga_id: Uuid, outcome: Outcome, reason: text({ max: 500 }).nullish() }),
);

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

/** What became of commit stock in inventory. */
export const PlaceOrderCommitStockReply = new EventDefinition(
  'PlaceOrderCommitStockReply',
  1,
  z.object({ saga_id: Uuid, outcome: Outcome, reason: text({ max: 500 }).nullish() }),
);
