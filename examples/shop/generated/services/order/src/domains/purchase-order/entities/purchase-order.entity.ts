import { Column, Entity } from 'typeorm';

import { BaseEntity } from '../../../infrastructure/database/base.entity.js';
import { bigint, json } from '../../../infrastructure/database/columns.js';
import type { Amount, OrderLine } from '../../values.js';

/** The states of the lifecycle. */
export type PurchaseOrderStatus = 'pending' | 'confirmed' | 'cancelled';

/** The steps of the lifecycle. */
export type PurchaseOrderTransition = 'confirm' | 'cancel';

/** Each transition: the states that it may start from, and the one that it leads to. */
export const TRANSITIONS: Readonly<Record<PurchaseOrderTransition, { from: readonly PurchaseOrderStatus[]; to: PurchaseOrderStatus }>> = {
  confirm: { from: ['pending'], to: 'confirmed' },
  cancel: { from: ['pending'], to: 'cancelled' },
};

/** A customer's order. */
@Entity('orders')
export class PurchaseOrder extends BaseEntity {
  @Column({ type: 'varchar' })
  customer_id!: string;

  @Column({ type: 'varchar' })
  customer_email!: string;

  @Column({ type: 'varchar', transformer: json })
  lines!: OrderLine[];

  @Column({ type: 'bigint', transformer: bigint })
  total_minor_units!: number;

  @Column({ type: 'varchar' })
  total_currency!: string;

  @Column({ type: 'varchar', nullable: true })
  note!: string | null;

  @Column({ type: 'varchar' })
  status: PurchaseOrderStatus = 'pending';

  get total(): Amount {
    return { minor_units: this.total_minor_units, currency: this.total_currency };
  }

  set total(amount: Amount) {
    this.total_minor_units = amount.minor_units;
    this.total_currency = amount.currency;
  }
}

/** What a purchase order is made from. */
export type PurchaseOrderValues = Pick<PurchaseOrder, 'customer_id' | 'customer_email' | 'lines' | 'total' | 'note'>;

/** A new purchase order, not stored yet. */
export function createPurchaseOrder(values: PurchaseOrderValues): PurchaseOrder {
  return Object.assign(new PurchaseOrder(), values);
}
