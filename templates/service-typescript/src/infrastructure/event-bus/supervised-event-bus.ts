import { setTimeout as sleep } from 'node:timers/promises';

import type { Settings } from '../../config/configuration.js';
import { describe, getLogger } from '../observability/logger.js';
import { EventBus, type Handler, type Message } from './event-bus.js';

const log = getLogger('broker');
const BACKOFF_S = 0.2;
const MAX_BACKOFF_S = 5;

/** The broker is away, or does not take the message; it may do so later. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError';
}

/** One connection's life: it publishes and consumes until the link is lost, and is then replaced by another. */
export interface BrokerSession {
  /** Settles when the link is lost or closed. */
  readonly lost: Promise<void>;
  /** Whether messages can be sent now. */
  readonly isOpen: boolean;
  /** Connect, declare and consume; throws what the broker throws. */
  open(mayConsume: () => boolean): Promise<void>;
  /** Publish and wait for the confirm; throws BrokerUnavailableError where it does not come. */
  publish(message: Message): Promise<void>;
  /** Ask for no more messages and finish those in hand. */
  stopConsuming(): Promise<void>;
  /** Disconnect, and by default finish what is in hand; the broker sends again what was not acknowledged. */
  close(isPatient?: boolean): Promise<void>;
}

/** A bus over a connection that is replaced whenever it is lost: the service starts without its broker and waits for it. */
export abstract class SupervisedEventBus<Session extends BrokerSession> extends EventBus {
  /** The connection in use; a lost one is replaced. */
  session: Session | undefined;
  private handlers: ReadonlyMap<string, Handler> = new Map();
  private supervisor: Promise<void> = Promise.resolve();
  private isConsuming = true;
  private readonly stopping = new AbortController();

  constructor(protected readonly settings: Settings) {
    super();
  }

  get isUp(): boolean {
    return this.session?.isOpen ?? false;
  }

  async start(handlers: ReadonlyMap<string, Handler>): Promise<void> {
    this.handlers = handlers;
    this.supervisor = this.supervise();
  }

  async publish(message: Message): Promise<void> {
    if (this.session === undefined || !this.session.isOpen) {
      throw new BrokerUnavailableError('not connected to the broker');
    }
    await this.session.publish(message);
  }

  async stopConsuming(): Promise<void> {
    this.isConsuming = false;
    await this.session?.stopConsuming();
  }

  /** Disconnect; messages not yet acknowledged come again. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.session?.close();
    await this.supervisor;
  }

  /** A connection that is not opened yet. */
  protected abstract connect(handlers: ReadonlyMap<string, Handler>, stopping: AbortSignal): Session;

  /** Connects, declares, consumes and waits until the link is lost; then again. Nothing but close() ends it. */
  private async supervise(): Promise<void> {
    let pause = BACKOFF_S;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const session = this.connect(this.handlers, signal);
      try {
        this.session = session;
        await session.open(() => this.isConsuming);
        log.info('broker.connected');
        pause = BACKOFF_S;
        await session.lost;
        if (!signal.aborted) {
          log.warning('broker.disconnected');
        }
      } catch (error) {
        log.warning('broker.unavailable', { error: describe(error), retry_in_s: Math.round(pause * 100) / 100 });
      }
      await session.close();
      await sleep(pause * 1000 * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, MAX_BACKOFF_S);
    }
  }
}
