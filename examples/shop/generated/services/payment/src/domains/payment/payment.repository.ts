import { Injectable } from '@nestjs/common';

import { EntityRepository } from '../../infrastructure/database/entity-repository.js';
import { Payment } from './entities/payment.entity.js';

/** Finds and keeps payments, within the caller's transaction. */
@Injectable()
export class PaymentRepository extends EntityRepository<Payment> {
  constructor() {
    super(Payment, 'payment');
  }
}
