import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { Handler } from '../infrastructure/event-bus/event-bus.js';
import { Inbox } from '../infrastructure/event-bus/inbox.js';
import { type Part, SagaParticipant, valuesOf } from '../infrastructure/sagas/saga-participant.js';
import {
  PlaceOrderAuthorizePaymentCommand,
  PlaceOrderAuthorizePaymentCompensation,
  PlaceOrderAuthorizePaymentReply,
  PlaceOrderCapturePaymentCommand,
  PlaceOrderCapturePaymentReply,
} from './saga-messages.js';
import { AuthorizePaymentRequest } from './payment/dto/payment.dto.js';
import { PaymentRepository } from './payment/payment.repository.js';
import { PaymentService } from './payment/payment.service.js';

const PLACE_ORDER_SAGA_AUTHORIZE_PAYMENT: Part = { step: 'PlaceOrderSaga.authorize_payment', reply: PlaceOrderAuthorizePaymentReply };

const PLACE_ORDER_SAGA_CAPTURE_PAYMENT: Part = { step: 'PlaceOrderSaga.capture_payment', reply: PlaceOrderCapturePaymentReply };

/** What this service does when a message of a saga arrives. */
@Injectable()
export class SagaHandlers {
  constructor(
    private readonly inbox: Inbox,
    private readonly participant: SagaParticipant,
    private readonly paymentRepository: PaymentRepository,
    private readonly paymentService: PaymentService,
  ) {}

  /** Message types to the handlers of this service. */
  create(): ReadonlyMap<string, Handler> {
    return new Map([
      [PlaceOrderAuthorizePaymentCommand.type, this.inbox.consumer(PlaceOrderAuthorizePaymentCommand, 'PlaceOrderSaga.authorize_payment', (tx, command) => this.onPlaceOrderSagaAuthorizePayment(tx, command))],
      [
        PlaceOrderAuthorizePaymentCompensation.type,
        this.inbox.consumer(PlaceOrderAuthorizePaymentCompensation, 'PlaceOrderSaga.authorize_payment', (tx, command) => this.onPlaceOrderSagaAuthorizePaymentCompensation(tx, command)),
      ],
      [PlaceOrderCapturePaymentCommand.type, this.inbox.consumer(PlaceOrderCapturePaymentCommand, 'PlaceOrderSaga.capture_payment', (tx, command) => this.onPlaceOrderSagaCapturePayment(tx, command))],
    ]);
  }

  /** Carry the step out on the payment, and answer. */
  private async onPlaceOrderSagaAuthorizePayment(tx: EntityManager, command: PlaceOrderAuthorizePaymentCommand): Promise<void> {
    await this.participant.carryOut(tx, command.saga_id, PLACE_ORDER_SAGA_AUTHORIZE_PAYMENT, async () => {
      const request = AuthorizePaymentRequest.parse(valuesOf(command, 'order_id', 'amount'));
      return (await this.paymentService.authorizePayment(tx, request)).id;
    });
  }

  /** Take the step back, and answer. */
  private async onPlaceOrderSagaAuthorizePaymentCompensation(tx: EntityManager, command: PlaceOrderAuthorizePaymentCompensation): Promise<void> {
    await this.participant.undo(tx, command.saga_id, PLACE_ORDER_SAGA_AUTHORIZE_PAYMENT, async (id) => {
      const { status } = await this.paymentRepository.get(tx, id);
      if (status !== 'voided') {
        await this.paymentService.voidPayment(tx, id, undefined);
      }
    });
  }

  /** Carry the step out on the payment, and answer. */
  private async onPlaceOrderSagaCapturePayment(tx: EntityManager, command: PlaceOrderCapturePaymentCommand): Promise<void> {
    await this.participant.carryOut(tx, command.saga_id, PLACE_ORDER_SAGA_CAPTURE_PAYMENT, async () => {
      const id = await this.participant.madeBy(tx, command.saga_id, 'PlaceOrderSaga.authorize_payment');
      await this.paymentService.capturePayment(tx, id, undefined);
      return id;
    });
  }
}
