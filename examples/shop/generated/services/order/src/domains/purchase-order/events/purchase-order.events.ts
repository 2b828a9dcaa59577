import { z } from 'zod';

import { type DomainEvent, EventDefinition } from '../../../infrastructure/event-bus/event.js';
import { Amount, Email, OrderLine, Uuid } from '../../values.js';
import type { PurchaseOrder, PurchaseOrderTransition } from '../entities/purchase-order.entity.js';

/** Makes the event that tells of a purchase order as it is now. */
export type PurchaseOrderEvent = (purchaseOrder: PurchaseOrder) => DomainEvent;

/** An order will not be delivered. */
export const OrderCancelled = new EventDefinition(
  'OrderCancelled',
  1,
  z.object({
    order_id: Uuid,
    customer_email: Email,
  }),
);

/** OrderCancelled, from the purchase order that it tells of. */
export const orderCancelled: PurchaseOrderEvent = (purchaseOrder) =>
  OrderCancelled.of(`purchase-order/${purchaseOrder.id}`, {
    order_id: purchaseOrder.id,
    customer_email: purchaseOrder.customer_email,
  });

/** An order is paid and will be delivered. */
export const OrderConfirmed = new EventDefinition(
  'OrderConfirmed',
  1,
  z.object({
    order_id: Uuid,
    customer_email: Email,
  }),
);

/** OrderConfirmed, from the purchase order that it tells of. */
export const orderConfirmed: PurchaseOrderEvent = (purchaseOrder) =>
  OrderConfirmed.of(`purchase-order/${purchaseOrder.id}`, {
    order_id: purchaseOrder.id,
    customer_email: purchaseOrder.customer_email,
  });

/** A customer placed an order; whether it can be delivered is not known yet. */
export const OrderPlaced = new EventDefinition(
  'OrderPlaced',
  1,
  z.object({
    order_id: Uuid,
    customer_id: Uuid,
    lines: z.array(OrderLine).min(1).max(100),
    total: Amount,
  }),
);

/** OrderPlaced, from the purchase order that it tells of. */
export const orderPlaced: PurchaseOrderEvent = (purchaseOrder) =>
  OrderPlaced.of(`purchase-order/${purchaseOrder.id}`, {
    order_id: purchaseOrder.id,
    customer_id: purchaseOrder.customer_id,
    lines: purchaseOrder.lines,
    total: purchaseOrder.total,
  });

/** What each transition publishes. */
export const EVENTS_OF_TRANSITION: Readonly<Partial<Record<PurchaseOrderTransition, readonly PurchaseOrderEvent[]>>> = {
  confirm: [orderConfirmed],
  cancel: [orderCancelled],
};
