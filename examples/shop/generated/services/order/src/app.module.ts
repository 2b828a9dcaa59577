import { type DynamicModule, Module } from '@nestjs/common';

import type { Settings } from './config/configuration.js';
import { SagasModule } from './domains/sagas.module.js';
import { PurchaseOrderModule } from './domains/purchase-order/purchase-order.module.js';
import { EventHandlers } from './infrastructure/event-bus/event-handlers/event-handlers.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { Lifecycle } from './infrastructure/lifecycle.js';

/** The whole service: its domains, and what connects them to the outside. */
@Module({})
export class AppModule {
  /** The service with these settings. */
  static register(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        InfrastructureModule.register(settings),
        PurchaseOrderModule,
        SagasModule,
      ],
      providers: [EventHandlers, Lifecycle],
    };
  }
}
