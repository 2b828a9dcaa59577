import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';

import { InvariantError } from '../../common/problems.js';
import { PaymentProviderClient } from '../../infrastructure/http-client/clients.js';
import { DependencyError } from '../../infrastructure/http-client/dependency-client.js';
import type { Payment, PaymentTransition } from './entities/payment.entity.js';

const ACTIONS: Readonly<Record<PaymentTransition, string>> = { capture: 'captures', cancel: 'voids', refund: 'refunds' };
const PAYMENT_REQUIRED = 402;
const authorization = z.object({ reference: z.string() });

/**
 * Business rules of payments: the provider keeps, takes and lets go of the money. The order is the key of each call, so
 * that a call which is repeated after a crash is done once. An outage throws: the saga's command comes again.
 */
@Injectable()
export class PaymentRules {
  constructor(@Inject(PaymentProviderClient) private readonly provider: PaymentProviderClient) {}

  /** Have the provider keep the amount; refused where it declines. */
  async beforeCreate(payment: Payment, _tx: EntityManager): Promise<void> {
    payment.provider_reference = authorization.parse(await this.ask('authorizations', payment)).reference;
  }

  /** Called with a payment whose fields have just been set to their new values. */
  async beforeUpdate(_payment: Payment, _tx: EntityManager): Promise<void> {}

  /** Have the provider do the same. */
  async beforeTransition(payment: Payment, transition: PaymentTransition, _tx: EntityManager): Promise<void> {
    await this.ask(ACTIONS[transition], payment);
  }

  /** Called with a payment that is about to be forgotten. */
  async beforeDelete(_payment: Payment, _tx: EntityManager): Promise<void> {}

  private async ask(action: string, { order_id, amount }: Payment): Promise<unknown> {
    try {
      const options = { json: { order_id, amount }, idempotencyKey: `${action}/${order_id}` };
      const response = await this.provider.http.call('POST', `/v1/${action}`, options);
      return await response.json();
    } catch (error) {
      if (error instanceof DependencyError && error.status === PAYMENT_REQUIRED) {
        throw new InvariantError('the payment provider declined');
      }
      throw error;
    }
  }
}
