import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import type { Handler } from './event-bus.js';
import { RabbitSession } from './rabbitmq-session.js';
import { channelOf, TOPOLOGY, type RabbitTopology } from './rabbitmq-topology.js';
import { SupervisedEventBus } from './supervised-event-bus.js';

/** RabbitMQ: confirmed publishing, one ordered queue per service, bounded tries, dead letters, reconnection. */
export class RabbitEventBus extends SupervisedEventBus<RabbitSession> {
  constructor(
    settings: Settings,
    private readonly topology: RabbitTopology = TOPOLOGY,
  ) {
    super(settings);
  }

  channel(type: string): Attributes {
    return channelOf(this.topology, type);
  }

  protected connect(handlers: ReadonlyMap<string, Handler>, stopping: AbortSignal): RabbitSession {
    return new RabbitSession(this.settings, this.topology, handlers, stopping);
  }
}
