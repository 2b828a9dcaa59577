import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import type { Handler } from './event-bus.js';
import { KafkaSession } from './kafka-session.js';
import { TOPOLOGY, type KafkaTopology } from './kafka-topology.js';
import { SupervisedEventBus } from './supervised-event-bus.js';

/** Kafka: acknowledged publishing, one ordered lane per partition, bounded tries, dead letters, reconnection. */
export class KafkaEventBus extends SupervisedEventBus<KafkaSession> {
  constructor(
    settings: Settings,
    private readonly topology: KafkaTopology = TOPOLOGY,
  ) {
    super(settings);
  }

  channel(type: string): Attributes {
    return this.topology.channel(type);
  }

  protected connect(handlers: ReadonlyMap<string, Handler>, stopping: AbortSignal): KafkaSession {
    return new KafkaSession(this.settings, this.topology, handlers, stopping);
  }
}
