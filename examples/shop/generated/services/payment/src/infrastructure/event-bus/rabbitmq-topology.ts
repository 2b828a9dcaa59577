import type { Attributes } from '@opentelemetry/api';
import type { Channel } from 'amqplib';

import { SERVICE_NAME, SYSTEM_NAME } from '../../config/service.js';
import { NEWER, RETIRED, ROUTES } from './topology.js';

/** Names of exchanges and queues, and who receives what. Tests give themselves names of their own. */
export interface RabbitTopology {
  readonly exchange: string;
  readonly deadLetterExchange: string;
  readonly routes: Readonly<Record<string, readonly string[]>>;
  /** What this service takes too, once no older instance of it is served. */
  readonly newer: readonly string[];
  /** What this service no longer takes. */
  readonly retired: readonly string[];
  readonly queueName: (service: string) => string;
}

/** The topology that the system's model asks for. */
export const TOPOLOGY: RabbitTopology = {
  exchange: `${SYSTEM_NAME}.events`,
  deadLetterExchange: `${SYSTEM_NAME}.dead-letters`,
  routes: ROUTES,
  newer: NEWER,
  retired: RETIRED,
  queueName: (service) => `${SYSTEM_NAME}.${service}`,
};

/** Where a message of a type is published, or the queue that it comes from, as a span tells it. */
export function channelOf({ exchange }: RabbitTopology, type: string, ...queue: readonly string[]): Attributes {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.destination.name': [exchange, type, ...queue].join(':'),
    'messaging.rabbitmq.destination.routing_key': type,
  };
}

/**
 * Declare the exchanges and every queue that this service fills or drains. A publisher declares its subscribers' queues
 * too, so that nothing is lost before a subscriber's first start.
 */
export async function declare(channel: Channel, topology: RabbitTopology): Promise<void> {
  await channel.assertExchange(topology.exchange, 'topic', { durable: true });
  await channel.assertExchange(topology.deadLetterExchange, 'direct', { durable: true });
  for (const [subscriber, eventTypes] of Object.entries(topology.routes)) {
    const queue = topology.queueName(subscriber);
    const letters = `${queue}.dead-letters`;
    await channel.assertQueue(letters, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(letters, topology.deadLetterExchange, subscriber);
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-single-active-consumer': true, // order per key outlives a restart and a second replica
        'x-delivery-limit': 20, // a message that kills its consumer stops coming back
        'x-dead-letter-exchange': topology.deadLetterExchange,
        'x-dead-letter-routing-key': subscriber,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    });
    for (const eventType of eventTypes) {
      await channel.bindQueue(queue, topology.exchange, eventType);
    }
    for (const eventType of subscriber === SERVICE_NAME ? topology.retired : []) {
      await channel.unbindQueue(queue, topology.exchange, eventType);
    }
  }
}
