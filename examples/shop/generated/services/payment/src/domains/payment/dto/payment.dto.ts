import { z } from 'zod';

import { queryInteger } from '../../../common/pipes/query.js';
import { Amount, Moment, text, Uuid, wholeNumber } from '../../values.js';
import type { Payment } from '../entities/payment.entity.js';

/** Record that the provider took the money. */
export const CapturePaymentRequest = z
  .strictObject({
    provider_reference: text({ max: 100 }).nullish(),
  })
  .meta({ id: 'CapturePaymentRequest' });
export type CapturePaymentRequest = z.infer<typeof CapturePaymentRequest>;

/** Record that the provider refused. */
export const DeclinePaymentRequest = z
  .strictObject({
    decline_reason: text({ max: 200 }).nullish(),
  })
  .meta({ id: 'DeclinePaymentRequest' });
export type DeclinePaymentRequest = z.infer<typeof DeclinePaymentRequest>;

/** What a payment is made from when an event makes it: checked like a request. */
export const PaymentData = z.object({
  order_id: Uuid,
  amount: Amount,
  provider_reference: text({ max: 100 }).nullish(),
  decline_reason: text({ max: 200 }).nullish(),
});
export type PaymentData = z.infer<typeof PaymentData>;

/** What a customer pays for one order. */
export const PaymentResponse = z
  .object({
    id: Uuid,
    order_id: Uuid,
    amount: Amount,
    provider_reference: text({ max: 100 }).nullable(),
    decline_reason: text({ max: 200 }).nullable(),
    status: z.enum(['pending', 'captured', 'declined', 'refunded']),
    version: z.int(),
    created_at: Moment,
    updated_at: Moment,
  })
  .meta({ id: 'PaymentResponse' });
export type PaymentResponse = z.infer<typeof PaymentResponse>;

/** Some payments, and where to go on. */
export const PaymentPage = z
  .object({ items: z.array(PaymentResponse), next_cursor: Uuid.nullable() })
  .meta({ id: 'PaymentPage' });

/** What listPayments is asked. */
export const ListPaymentsQuery = z.object({
  limit: queryInteger(wholeNumber(1, 100)).default(20),
  cursor: Uuid.nullish(),
  status: z.enum(['pending', 'captured', 'declined', 'refunded']).nullish(),
  order_id: Uuid.nullish(),
});
export type ListPaymentsQuery = z.infer<typeof ListPaymentsQuery>;

/** The payment as callers see it. */
export function toPaymentResponse(payment: Payment): PaymentResponse {
  return {
    id: payment.id,
    order_id: payment.order_id,
    amount: payment.amount,
    provider_reference: payment.provider_reference,
    decline_reason: payment.decline_reason,
    status: payment.status,
    version: payment.version,
    created_at: payment.created_at,
    updated_at: payment.updated_at,
  };
}
