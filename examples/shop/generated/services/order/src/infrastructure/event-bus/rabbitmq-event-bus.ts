import { setTimeout as sleep } from 'node:timers/promises';

import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import { describe, getLogger } from '../observability/logger.js';
import { EventBus, type Handler, type Message } from './event-bus.js';
import { channelOf, TOPOLOGY, type RabbitTopology } from './rabbitmq-topology.js';
import { BrokerUnavailableError, RabbitSession } from './rabbitmq-session.js';

const log = getLogger('rabbitmq');
const BACKOFF_S = 0.2;
const MAX_BACKOFF_S = 5;

/** RabbitMQ: confirmed publishing, one ordered queue per service, bounded tries, dead letters, reconnection. */
export class RabbitEventBus extends EventBus {
  /** The connection in use; a lost one is replaced. */
  session: RabbitSession | undefined;
  private handlers: ReadonlyMap<string, Handler> = new Map();
  private supervisor: Promise<void> = Promise.resolve();
  private isConsuming = true;
  private readonly stopping = new AbortController();

  constructor(
    private readonly settings: Settings,
    private readonly topology: RabbitTopology = TOPOLOGY,
  ) {
    super();
  }

  get isUp(): boolean {
    return this.session?.isOpen ?? false;
  }

  /** Connect in the background: the service starts without its broker and waits for it. */
  async start(handlers: ReadonlyMap<string, Handler>): Promise<void> {
    this.handlers = handlers;
    this.supervisor = this.supervise();
  }

  /** Publish and wait for the broker's confirm; throws BrokerUnavailableError where there is none. */
  async publish(message: Message): Promise<void> {
    if (this.session === undefined || !this.session.isOpen) {
      throw new BrokerUnavailableError('not connected to RabbitMQ');
    }
    await this.session.publish(message);
  }

  channel(type: string): Attributes {
    return channelOf(this.topology, type);
  }

  async stopConsuming(): Promise<void> {
    this.isConsuming = false;
    await this.session?.stopConsuming();
  }

  /** Disconnect; messages not yet acknowledged go back to the queue. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.session?.close();
    await this.supervisor;
  }

  /** Connects, declares, consumes and waits until the link is lost; then again. Nothing but close() ends it. */
  private async supervise(): Promise<void> {
    let pause = BACKOFF_S;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const session = new RabbitSession(this.settings, this.topology, this.handlers, signal);
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
