import { z } from 'zod';

import { type DomainEvent, EventDefinition } from '../../../infrastructure/event-bus/event.js';
import { Amount, Uuid } from '../../values.js';
import type { Payment, PaymentTransition } from '../entities/payment.entity.js';

/** Makes the event that tells of a payment as it is now. */
export type PaymentEvent = (payment: Payment) => DomainEvent;

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

/** PaymentCaptured, from the payment that it tells of. */
export const paymentCaptured: PaymentEvent = (payment) =>
  PaymentCaptured.of(`payment/${payment.order_id}`, {
    payment_id: payment.id,
    order_id: payment.order_id,
    amount: payment.amount,
  });

/** The money of an order has been given back. */
export const PaymentRefunded = new EventDefinition(
  'PaymentRefunded',
  1,
  z.object({
    payment_id: Uuid,
    order_id: Uuid,
    amount: Amount,
  }),
);

/** PaymentRefunded, from the payment that it tells of. */
export const paymentRefunded: PaymentEvent = (payment) =>
  PaymentRefunded.of(`payment/${payment.order_id}`, {
    payment_id: payment.id,
    order_id: payment.order_id,
    amount: payment.amount,
  });

/** What each transition publishes. */
export const EVENTS_OF_TRANSITION: Readonly<Partial<Record<PaymentTransition, readonly PaymentEvent[]>>> = {
  capture: [paymentCaptured],
  refund: [paymentRefunded],
};
