import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';

import { PaymentData } from '../../../domains/payment/dto/payment.dto.js';
import { PaymentService } from '../../../domains/payment/payment.service.js';
import { OrderPlaced } from '../../../domains/incoming.js';
import { type Handler, PoisonMessageError } from '../event-bus.js';
import { Inbox } from '../inbox.js';

/** Which function handles which event; each handler runs in one transaction with its inbox row. */
@Injectable()
export class EventHandlers {
  constructor(
    private readonly inbox: Inbox,
    private readonly payment: PaymentService,
  ) {}

  /** Event types to the handlers of this service. */
  create(): ReadonlyMap<string, Handler> {
    return new Map([
      [
        OrderPlaced.type,
        each(
          this.inbox.consumer(OrderPlaced, 'payment.on_order_placed', (tx, event) => this.createPaymentOnOrderPlaced(tx, event)),
        ),
      ],
    ]);
  }

  /** Order placed: create the payment. */
  private async createPaymentOnOrderPlaced(tx: EntityManager, event: OrderPlaced): Promise<void> {
    const data = checked(PaymentData, {
      order_id: event.order_id,
      amount: event.total,
    });
    await this.payment.onOrderPlaced(tx, data);
  }
}

function each(...handlers: readonly Handler[]): Handler {
  return async (message) => {
    for (const handler of handlers) await handler(message);
  };
}

/** The data as the entity's schema wants it; an event that does not give it can never be handled. */
function checked<T extends z.ZodType>(schema: T, data: object): z.output<T> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new PoisonMessageError(`makes no valid entity: ${result.error.issues.length} faults`);
}
