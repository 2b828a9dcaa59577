import { Injectable } from '@nestjs/common';

import type { Handler } from '../infrastructure/event-bus/event-bus.js';
import { Inbox } from '../infrastructure/event-bus/inbox.js';
import { Orchestrator } from '../infrastructure/sagas/orchestrator.js';
import {
  PlaceOrderAuthorizePaymentReply,
  PlaceOrderCapturePaymentReply,
  PlaceOrderCommitStockReply,
  PlaceOrderReserveStockReply,
} from './saga-messages.js';

/** What this service does when a message of a saga arrives. */
@Injectable()
export class SagaHandlers {
  constructor(
    private readonly inbox: Inbox,
    private readonly orchestrator: Orchestrator,
  ) {}

  /** Message types to the handlers of this service. */
  create(): ReadonlyMap<string, Handler> {
    return new Map([
      [
        PlaceOrderReserveStockReply.type,
        this.inbox.consumer(PlaceOrderReserveStockReply, 'PlaceOrderSaga.reserve_stock.reply', (tx, reply) => this.orchestrator.onReply(tx, reply, 'reserve_stock')),
      ],
      [
        PlaceOrderAuthorizePaymentReply.type,
        this.inbox.consumer(PlaceOrderAuthorizePaymentReply, 'PlaceOrderSaga.authorize_payment.reply', (tx, reply) => this.orchestrator.onReply(tx, reply, 'authorize_payment')),
      ],
      [
        PlaceOrderCapturePaymentReply.type,
        this.inbox.consumer(PlaceOrderCapturePaymentReply, 'PlaceOrderSaga.capture_payment.reply', (tx, reply) => this.orchestrator.onReply(tx, reply, 'capture_payment')),
      ],
      [
        PlaceOrderCommitStockReply.type,
        this.inbox.consumer(PlaceOrderCommitStockReply, 'PlaceOrderSaga.commit_stock.reply', (tx, reply) => this.orchestrator.onReply(tx, reply, 'commit_stock')),
      ],
    ]);
  }
}
