import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import { deliver, DeliveryStoppedError, EventBus, type Handler, type Message } from './event-bus.js';

/** The embedded default: events stay in this process. The outbox keeps them safe; nothing else is needed. */
export class MemoryEventBus extends EventBus {
  /** What no handler could take. */
  readonly deadLetters: Message[] = [];
  /** The newest messages that were published. */
  published: readonly Message[] = [];
  private handlers: ReadonlyMap<string, Handler> = new Map();
  private readonly stopping = new AbortController();

  constructor(private readonly settings: Settings) {
    super();
  }

  /** Until it stops: what nobody handles any more stays in the outbox. */
  get isUp(): boolean {
    return !this.stopping.signal.aborted;
  }

  async start(handlers: ReadonlyMap<string, Handler>): Promise<void> {
    this.handlers = handlers;
  }

  /**
   * Deliver at once; what nobody here handles is only remembered, as no other process can hear it. Throws
   * DeliveryStoppedError once it has been stopped.
   */
  async publish(message: Message): Promise<void> {
    if (!this.isUp) {
      throw new DeliveryStoppedError('the event bus is stopping');
    }
    this.published = [...this.published.slice(-99), message];
    const handler = this.handlers.get(message.type);
    if (handler !== undefined && !(await deliver(handler, message, this.settings, this.stopping.signal))) {
      this.deadLetters.push(message);
    }
  }

  channel(type: string): Attributes {
    return { 'messaging.system': 'in_process', 'messaging.destination.name': type };
  }

  async stopConsuming(): Promise<void> {
    this.stopping.abort();
  }

  async close(): Promise<void> {
    this.stopping.abort();
  }
}
