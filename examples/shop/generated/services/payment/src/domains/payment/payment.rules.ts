import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { Payment, PaymentTransition } from './entities/payment.entity.js';

/**
 * Business rules of payments: yours to write. What you write stays when it is generated again.
 *
 * Each function runs inside the transaction, before the change is stored. Throw `InvariantError` with a sentence for
 * the caller to refuse the change; nothing of it is kept then. `tx` reads and writes in the same transaction.
 */
@Injectable()
export class PaymentRules {
  /** Called with each new payment. */
  async beforeCreate(_payment: Payment, _tx: EntityManager): Promise<void> {}

  /** Called with a payment whose fields have just been set to their new values. */
  async beforeUpdate(_payment: Payment, _tx: EntityManager): Promise<void> {}

  /** Called with a payment that may make the transition, and is about to. */
  async beforeTransition(_payment: Payment, _transition: PaymentTransition, _tx: EntityManager): Promise<void> {}

  /** Called with a payment that is about to be forgotten. */
  async beforeDelete(_payment: Payment, _tx: EntityManager): Promise<void> {}
}
