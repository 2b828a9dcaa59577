import { z } from 'zod';

import { queryInteger } from '../../../common/pipes/query.js';
import { Amount, Moment, text, Uuid, wholeNumber } from '../../values.js';
import type { Payment } from '../entities/payment.entity.js';

/** Have the provider keep an amount for an order. */
export const AuthorizePaymentRequest = z
  .strictObject({
    order_id: Uuid,
    amount: Amount,
    provider_reference: text({ max: 100 }).nullish(),
  })
  .meta({ id: 'AuthorizePaymentRequest' });
export type AuthorizePaymentRequest = z.infer<typeof AuthorizePaymentRequest>;

/** What a customer pays for one order. */
export const PaymentResponse = z
  .object({
    id: Uuid,
    order_id: Uuid,
    amount: Amount,
    provider_reference: text({ max: 100 }).nullable(),
    status: z.enum(['authorized', 'captured', 'voided', 'refunded']),
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
  status: z.enum(['authorized', 'captured', 'voided', 'refunded']).nullish(),
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
    status: payment.status,
    version: payment.version,
    created_at: payment.created_at,
    updated_at: payment.updated_at,
  };
}
