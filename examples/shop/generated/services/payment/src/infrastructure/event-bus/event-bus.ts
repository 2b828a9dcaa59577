import { setTimeout as sleep } from 'node:timers/promises';

import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import { isOutage } from '../database/outage.js';
import { describe, getLogger } from '../observability/logger.js';
import { DEAD_LETTERS, EVENTS_CONSUMED } from '../observability/metrics.js';
import { PoisonMessageError, type Message } from './envelope.js';

const log = getLogger('event-bus');
const MAX_BACKOFF_S = 30;

export { PoisonMessageError, type Message } from './envelope.js';

/** Handles one message, in one transaction; throws when the message must come again. */
export type Handler = (message: Message) => Promise<void>;

/** A broker: at least once, in order per key, dead-lettered after bounded tries. */
export abstract class EventBus {
  /** Whether messages can be sent and received now. */
  abstract get isUp(): boolean;

  /** Connect in the background and deliver each message to the handler of its type. */
  abstract start(handlers: ReadonlyMap<string, Handler>): Promise<void>;

  /** Hand over one message; returns when the broker has it safe, throws when that is not known. */
  abstract publish(message: Message): Promise<void>;

  /** Where messages of a type are published, as a span tells it. */
  abstract channel(type: string): Attributes;

  /** Take no new messages and finish those in hand. */
  abstract stopConsuming(): Promise<void>;

  /** Disconnect. */
  abstract close(): Promise<void>;
}

/** Thrown by a delivery that was given up because the service stops; the message comes again. */
export class DeliveryStoppedError extends Error {
  override readonly name = 'DeliveryStoppedError';
}

/**
 * Try a handler until it succeeds; `false` says that the message belongs among the dead letters. An outage of the
 * database does not count as a try: the message waits until the database is back, or DeliveryStoppedError ends it.
 */
export async function deliver(
  handler: Handler,
  message: Message,
  settings: Settings,
  stopping?: AbortSignal,
): Promise<boolean> {
  let attempt = 0;
  let pause = settings.delivery_backoff_s;
  for (;;) {
    try {
      await handler(message);
      EVENTS_CONSUMED.inc({ event: message.type, outcome: 'handled' });
      return true;
    } catch (error) {
      if (error instanceof PoisonMessageError) {
        return dead(message, attempt + 1, error);
      }
      attempt += isOutage(error) ? 0 : 1;
      if (attempt >= settings.delivery_attempts) {
        return dead(message, attempt, error);
      }
      const about = { event_id: message.id, event_type: message.type, attempt };
      log.warning('event.retry', { ...about, error: describe(error) });
    }
    await waitOrStop(pause * (0.5 + Math.random() / 2), stopping);
    pause = Math.min(pause * 2, MAX_BACKOFF_S);
  }
}

async function waitOrStop(seconds: number, stopping?: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, stopping === undefined ? {} : { signal: stopping }).catch((error: unknown) => {
    throw new DeliveryStoppedError('the service is stopping', { cause: error });
  });
}

function dead(message: Message, attempts: number, error: unknown): boolean {
  DEAD_LETTERS.inc({ event: message.type });
  const about = { event_id: message.id, event_type: message.type, attempts };
  log.error('event.dead_lettered', { ...about, error: describe(error) });
  return false;
}
