import { Module } from '@nestjs/common';

import { PaymentController } from './payment.controller.js';
import { PaymentRepository } from './payment.repository.js';
import { PaymentRules } from './payment.rules.js';
import { PaymentService } from './payment.service.js';

/** What a customer pays for one order. */
@Module({
  controllers: [PaymentController],
  providers: [PaymentService, PaymentRepository, PaymentRules],
  exports: [PaymentService, PaymentRepository],
})
export class PaymentModule {}
