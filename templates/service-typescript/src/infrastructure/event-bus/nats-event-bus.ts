import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import type { Handler } from './event-bus.js';
import { NatsSession } from './nats-session.js';
import { TOPOLOGY, type NatsTopology } from './nats-topology.js';
import { SupervisedEventBus } from './supervised-event-bus.js';

/** NATS JetStream: confirmed publishing, lanes that keep the order per key, bounded tries, dead letters, reconnection. */
export class NatsEventBus extends SupervisedEventBus<NatsSession> {
  constructor(
    settings: Settings,
    private readonly topology: NatsTopology = TOPOLOGY,
  ) {
    super(settings);
  }

  channel(type: string): Attributes {
    return this.topology.channel(type);
  }

  protected connect(handlers: ReadonlyMap<string, Handler>, stopping: AbortSignal): NatsSession {
    return new NatsSession(this.settings, this.topology, handlers, stopping);
  }
}
