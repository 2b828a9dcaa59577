import { Module } from '@nestjs/common';

import { Database } from '../infrastructure/database/database.js';
import { UnitOfWork } from '../infrastructure/database/unit-of-work.js';
import { Orchestrator } from '../infrastructure/sagas/orchestrator.js';
import { SagaController } from '../infrastructure/sagas/saga.controller.js';
import { processOf } from '../infrastructure/sagas/saga.js';
import { PurchaseOrderModule } from './purchase-order/purchase-order.module.js';
import { PurchaseOrderRepository } from './purchase-order/purchase-order.repository.js';
import { PurchaseOrderService } from './purchase-order/purchase-order.service.js';
import { PLACE_ORDER_SAGA } from './saga-definitions.js';
import { SagaHandlers } from './saga-handlers.js';

/** The sagas that this service coordinates or takes part in. */
@Module({
  imports: [PurchaseOrderModule],
  controllers: [SagaController],
  providers: [
    SagaHandlers,
    {
      provide: Orchestrator,
      useFactory: (unitOfWork: UnitOfWork, database: Database, purchaseOrderRepository: PurchaseOrderRepository, purchaseOrderService: PurchaseOrderService) =>
        new Orchestrator(unitOfWork, database.isPostgresql, [
          processOf(PLACE_ORDER_SAGA, {
            load: (tx, id) => purchaseOrderRepository.get(tx, id),
            succeed: async (tx, id) => {
              await purchaseOrderService.transition(tx, await purchaseOrderRepository.get(tx, id, { forUpdate: true }), 'confirm');
            },
            fail: async (tx, id) => {
              await purchaseOrderService.transition(tx, await purchaseOrderRepository.get(tx, id, { forUpdate: true }), 'cancel');
            },
          }),
        ]),
      inject: [UnitOfWork, Database, PurchaseOrderRepository, PurchaseOrderService],
    },
  ],
  exports: [SagaHandlers],
})
export class SagasModule {}
