import { Module } from '@nestjs/common';

import { PurchaseOrderController } from './purchase-order.controller.js';
import { PurchaseOrderRepository } from './purchase-order.repository.js';
import { PurchaseOrderRules } from './purchase-order.rules.js';
import { PurchaseOrderService } from './purchase-order.service.js';

/** A customer's order. */
@Module({
  controllers: [PurchaseOrderController],
  providers: [PurchaseOrderService, PurchaseOrderRepository, PurchaseOrderRules],
  exports: [PurchaseOrderService, PurchaseOrderRepository],
})
export class PurchaseOrderModule {}
