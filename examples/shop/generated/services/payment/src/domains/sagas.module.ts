import { Module } from '@nestjs/common';

import { UnitOfWork } from '../infrastructure/database/unit-of-work.js';
import { SagaParticipant } from '../infrastructure/sagas/saga-participant.js';
import { PaymentModule } from './payment/payment.module.js';
import { SagaHandlers } from './saga-handlers.js';

/** The sagas that this service coordinates or takes part in. */
@Module({
  imports: [PaymentModule],
  providers: [
    SagaHandlers,
    {
      provide: SagaParticipant,
      useFactory: (unitOfWork: UnitOfWork) => new SagaParticipant(unitOfWork),
      inject: [UnitOfWork],
    },
  ],
  exports: [SagaHandlers],
})
export class SagasModule {}
