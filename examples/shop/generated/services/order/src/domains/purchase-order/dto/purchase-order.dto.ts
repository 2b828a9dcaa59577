import { z } from 'zod';

import { queryInteger } from '../../../common/pipes/query.js';
import { Amount, Email, Moment, OrderLine, text, Uuid, wholeNumber } from '../../values.js';
import type { PurchaseOrder } from '../entities/purchase-order.entity.js';

/** Place an order. */
export const PlaceOrderRequest = z
  .strictObject({
    customer_id: Uuid,
    customer_email: Email,
    lines: z.array(OrderLine).min(1).max(100),
    total: Amount,
    note: text({ max: 2000 }).nullish(),
  })
  .meta({ id: 'PlaceOrderRequest' });
export type PlaceOrderRequest = z.infer<typeof PlaceOrderRequest>;

/** Change the note on an order. */
export const UpdateOrderNoteRequest = z
  .strictObject({
    note: text({ max: 2000 }).nullish(),
  })
  .meta({ id: 'UpdateOrderNoteRequest' });
export type UpdateOrderNoteRequest = z.infer<typeof UpdateOrderNoteRequest>;

/** A customer's order. */
export const PurchaseOrderResponse = z
  .object({
    id: Uuid,
    customer_id: Uuid,
    customer_email: Email,
    lines: z.array(OrderLine).min(1).max(100),
    total: Amount,
    note: text({ max: 2000 }).nullable(),
    status: z.enum(['pending', 'confirmed', 'cancelled']),
    version: z.int(),
    created_at: Moment,
    updated_at: Moment,
  })
  .meta({ id: 'PurchaseOrderResponse' });
export type PurchaseOrderResponse = z.infer<typeof PurchaseOrderResponse>;

/** Some orders, and where to go on. */
export const PurchaseOrderPage = z
  .object({ items: z.array(PurchaseOrderResponse), next_cursor: Uuid.nullable() })
  .meta({ id: 'PurchaseOrderPage' });

/** What listOrders is asked. */
export const ListOrdersQuery = z.object({
  limit: queryInteger(wholeNumber(1, 100)).default(20),
  cursor: Uuid.nullish(),
  status: z.enum(['pending', 'confirmed', 'cancelled']).nullish(),
  customer_id: Uuid.nullish(),
});
export type ListOrdersQuery = z.infer<typeof ListOrdersQuery>;

/** The purchase order as callers see it. */
export function toPurchaseOrderResponse(purchaseOrder: PurchaseOrder): PurchaseOrderResponse {
  return {
    id: purchaseOrder.id,
    customer_id: purchaseOrder.customer_id,
    customer_email: purchaseOrder.customer_email,
    lines: purchaseOrder.lines,
    total: purchaseOrder.total,
    note: purchaseOrder.note,
    status: purchaseOrder.status,
    version: purchaseOrder.version,
    created_at: purchaseOrder.created_at,
    updated_at: purchaseOrder.updated_at,
  };
}
