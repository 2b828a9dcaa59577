import { isEmbeddedBroker, type Settings, SettingsError } from '../../config/configuration.js';
import type { EventBus } from './event-bus.js';
import { MemoryEventBus } from './memory-event-bus.js';

/** The bus that BROKER_URL names; throws SettingsError where no such broker is supported. */
export async function createEventBus(settings: Settings): Promise<EventBus> {
  if (isEmbeddedBroker(settings)) {
    return new MemoryEventBus(settings);
  }
  if (/^amqps?:\/\//.test(settings.broker_url)) {
    const { RabbitEventBus } = await import('./rabbitmq-event-bus.js'); // loaded only where it is used
    return new RabbitEventBus(settings);
  }
  throw new SettingsError('BROKER_URL must start with memory://, amqp:// or amqps://');
}
