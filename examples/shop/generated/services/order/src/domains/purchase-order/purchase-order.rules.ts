import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { PurchaseOrder, PurchaseOrderTransition } from './entities/purchase-order.entity.js';

/**
 * Business rules of orders: yours to write. What you write stays when it is generated again.
 *
 * Each function runs inside the transaction, before the change is stored. Throw `InvariantError` with a sentence for
 * the caller to refuse the change; nothing of it is kept then. `tx` reads and writes in the same transaction.
 */
@Injectable()
export class PurchaseOrderRules {
  /** Called with each new purchase order. */
  async beforeCreate(_purchaseOrder: PurchaseOrder, _tx: EntityManager): Promise<void> {}

  /** Called with a purchase order whose fields have just been set to their new values. */
  async beforeUpdate(_purchaseOrder: PurchaseOrder, _tx: EntityManager): Promise<void> {}

  /** Called with a purchase order that may make the transition, and is about to. */
  async beforeTransition(_purchaseOrder: PurchaseOrder, _transition: PurchaseOrderTransition, _tx: EntityManager): Promise<void> {}

  /** Called with a purchase order that is about to be forgotten. */
  async beforeDelete(_purchaseOrder: PurchaseOrder, _tx: EntityManager): Promise<void> {}
}
