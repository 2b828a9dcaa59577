import { Injectable } from '@nestjs/common';

import { SagaHandlers } from '../../../domains/saga-handlers.js';
import type { Handler } from '../event-bus.js';

/** Which function handles which event; each handler runs in one transaction with its inbox row. */
@Injectable()
export class EventHandlers {
  constructor(
    private readonly sagas: SagaHandlers,
  ) {}

  /** Event types to the handlers of this service. */
  create(): ReadonlyMap<string, Handler> {
    return this.sagas.create();
  }
}
