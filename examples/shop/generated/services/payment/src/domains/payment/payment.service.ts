import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { StateConflictError, VersionMismatchError } from '../../common/problems.js';
import { enqueue } from '../../infrastructure/event-bus/outbox.js';
import { LIFECYCLE_TRANSITIONS } from '../../infrastructure/observability/metrics.js';
import type { AuthorizePaymentRequest, ListPaymentsQuery } from './dto/payment.dto.js';
import { createPayment, type Payment, type PaymentTransition, TRANSITIONS } from './entities/payment.entity.js';
import { EVENTS_OF_TRANSITION, type PaymentEvent } from './events/payment.events.js';
import { PaymentRepository } from './payment.repository.js';
import { PaymentRules } from './payment.rules.js';

/** The actions on payments: each is one business action within the caller's transaction. */
@Injectable()
export class PaymentService {
  constructor(
    private readonly repository: PaymentRepository,
    private readonly rules: PaymentRules,
  ) {}

  /** Have the provider keep an amount for an order. */
  async authorizePayment(tx: EntityManager, request: AuthorizePaymentRequest): Promise<Payment> {
    const payment = createPayment({
      order_id: request.order_id,
      amount: request.amount,
      provider_reference: request.provider_reference ?? null,
    });
    return await this.#create(tx, payment);
  }

  /** Read a payment. */
  async getPayment(tx: EntityManager, id: string): Promise<Payment> {
    return await this.repository.get(tx, id);
  }

  /** List payments. The second item is the cursor of the next page, or null. */
  async listPayments(tx: EntityManager, query: ListPaymentsQuery): Promise<[Payment[], string | null]> {
    const { limit, cursor, ...filters } = query;
    return await this.repository.page(tx, limit, cursor ?? undefined, filters);
  }

  /** Take the money that is kept. */
  async capturePayment(tx: EntityManager, id: string, version: number | undefined): Promise<Payment> {
    const payment = await this.#atVersion(tx, id, version);
    this.#require(payment, 'capture');
    return await this.transition(tx, payment, 'capture');
  }

  /** Let go of the money that is kept. */
  async voidPayment(tx: EntityManager, id: string, version: number | undefined): Promise<Payment> {
    const payment = await this.#atVersion(tx, id, version);
    this.#require(payment, 'cancel');
    return await this.transition(tx, payment, 'cancel');
  }

  /** Give the money back. */
  async refundPayment(tx: EntityManager, id: string, version: number | undefined): Promise<Payment> {
    const payment = await this.#atVersion(tx, id, version);
    this.#require(payment, 'refund');
    return await this.transition(tx, payment, 'refund');
  }

  /**
   * Move a payment along its lifecycle and tell of it.
   *
   * @throws StateConflictError - it is not in a state that the transition starts from.
   */
  async transition(tx: EntityManager, payment: Payment, name: PaymentTransition): Promise<Payment> {
    this.#require(payment, name);
    await this.rules.beforeTransition(payment, name, tx);
    payment.status = TRANSITIONS[name].to;
    checkInvariants(payment);
    await this.repository.update(tx, payment);
    LIFECYCLE_TRANSITIONS.inc({ entity: 'payment', transition: name });
    await this.#publish(tx, payment, ...(EVENTS_OF_TRANSITION[name] ?? []));
    return payment;
  }

  async #create(tx: EntityManager, payment: Payment, ...publishes: PaymentEvent[]): Promise<Payment> {
    await this.rules.beforeCreate(payment, tx);
    checkInvariants(payment);
    await this.repository.add(tx, payment);
    await this.#publish(tx, payment, ...publishes);
    return payment;
  }

  async #atVersion(tx: EntityManager, id: string, version: number | undefined): Promise<Payment> {
    const payment = await this.repository.get(tx, id, { forUpdate: true });
    if (version !== undefined && payment.version !== version) {
      throw new VersionMismatchError('payment', payment.version);
    }
    return payment;
  }

  #require(payment: Payment, name: PaymentTransition): void {
    const { from } = TRANSITIONS[name];
    if (!from.includes(payment.status)) {
      throw new StateConflictError('payment', payment.status, name, from);
    }
  }

  async #publish(tx: EntityManager, payment: Payment, ...events: readonly PaymentEvent[]): Promise<void> {
    for (const event of events) await enqueue(tx, event(payment));
  }
}

/**
 * Refuse a payment that breaks a rule which always holds.
 *
 * @throws InvariantError - naming the rule.
 */
export function checkInvariants(_payment: Payment): void {}
