import { type DynamicModule, Module } from '@nestjs/common';

import type { Settings } from './config/configuration.js';
import { SagasModule } from './domains/sagas.module.js';
import { PaymentModule } from './domains/payment/payment.module.js';
import { EventHandlers } from './infrastructure/event-bus/event-handlers/event-handlers.js';
import { ClientsModule } from './infrastructure/http-client/clients.js';
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
        ClientsModule,
        PaymentModule,
        SagasModule,
      ],
      providers: [EventHandlers, Lifecycle],
    };
  }
}
