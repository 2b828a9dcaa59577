import { Column, Entity } from 'typeorm';

import { BaseEntity } from '../../../infrastructure/database/base.entity.js';
import { bigint } from '../../../infrastructure/database/columns.js';
import type { Amount } from '../../values.js';

/** The states of the lifecycle. */
export type PaymentStatus = 'authorized' | 'captured' | 'voided' | 'refunded';

/** The steps of the lifecycle. */
export type PaymentTransition = 'capture' | 'cancel' | 'refund';

/** Each transition: the states that it may start from, and the one that it leads to. */
export const TRANSITIONS: Readonly<Record<PaymentTransition, { from: readonly PaymentStatus[]; to: PaymentStatus }>> = {
  capture: { from: ['authorized'], to: 'captured' },
  cancel: { from: ['authorized'], to: 'voided' },
  refund: { from: ['captured'], to: 'refunded' },
};

/** What a customer pays for one order. */
@Entity('payments')
export class Payment extends BaseEntity {
  @Column({ type: 'varchar' })
  order_id!: string;

  @Column({ type: 'bigint', transformer: bigint })
  amount_minor_units!: number;

  @Column({ type: 'varchar' })
  amount_currency!: string;

  @Column({ type: 'varchar', nullable: true })
  provider_reference!: string | null;

  @Column({ type: 'varchar' })
  status: PaymentStatus = 'authorized';

  get amount(): Amount {
    return { minor_units: this.amount_minor_units, currency: this.amount_currency };
  }

  set amount(amount: Amount) {
    this.amount_minor_units = amount.minor_units;
    this.amount_currency = amount.currency;
  }
}

/** What a payment is made from. */
export type PaymentValues = Pick<Payment, 'order_id' | 'amount' | 'provider_reference'>;

/** A new payment, not stored yet. */
export function createPayment(values: PaymentValues): Payment {
  return Object.assign(new Payment(), values);
}
