import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { PurchaseOrderService } from '../../../domains/purchase-order/purchase-order.service.js';
import { PaymentCaptured, PaymentDeclined } from '../../../domains/incoming.js';
import type { Handler } from '../event-bus.js';
import { Inbox } from '../inbox.js';

/** Which function handles which event; each handler runs in one transaction with its inbox row. */
@Injectable()
export class EventHandlers {
  constructor(
    private readonly inbox: Inbox,
    private readonly purchaseOrder: PurchaseOrderService,
  ) {}

  /** Event types to the handlers of this service. */
  create(): ReadonlyMap<string, Handler> {
    return new Map([
      [
        PaymentCaptured.type,
        each(
          this.inbox.consumer(PaymentCaptured, 'purchase_order.on_payment_captured', (tx, event) => this.transitionPurchaseOrderOnPaymentCaptured(tx, event)),
        ),
      ],
      [
        PaymentDeclined.type,
        each(
          this.inbox.consumer(PaymentDeclined, 'purchase_order.on_payment_declined', (tx, event) => this.transitionPurchaseOrderOnPaymentDeclined(tx, event)),
        ),
      ],
    ]);
  }

  /** Payment captured: transition the purchase order. */
  private async transitionPurchaseOrderOnPaymentCaptured(tx: EntityManager, event: PaymentCaptured): Promise<void> {
    await this.purchaseOrder.onPaymentCaptured(tx, event);
  }

  /** Payment declined: transition the purchase order. */
  private async transitionPurchaseOrderOnPaymentDeclined(tx: EntityManager, event: PaymentDeclined): Promise<void> {
    await this.purchaseOrder.onPaymentDeclined(tx, event);
  }
}

function each(...handlers: readonly Handler[]): Handler {
  return async (message) => {
    for (const handler of handlers) await handler(message);
  };
}
