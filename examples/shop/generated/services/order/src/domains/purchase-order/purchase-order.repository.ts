import { Injectable } from '@nestjs/common';

import { EntityRepository } from '../../infrastructure/database/entity-repository.js';
import { PurchaseOrder } from './entities/purchase-order.entity.js';

/** Finds and keeps orders, within the caller's transaction. */
@Injectable()
export class PurchaseOrderRepository extends EntityRepository<PurchaseOrder> {
  constructor() {
    super(PurchaseOrder, 'purchase order');
  }
}
