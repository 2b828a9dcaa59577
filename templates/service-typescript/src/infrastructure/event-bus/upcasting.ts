import { openEnvelope } from './envelope.js';
import type { Handler } from './event-bus.js';
import type { EventDefinition } from './event.js';
import { dataOf } from './inbox.js';

/**
 * How one version of an event is read as the next (Greg Young, Versioning in an Event Sourced System, 2017: upcasting).
 *
 * A publisher tells each fact in every version that lives, under one id, and a subscriber reads every version that lives:
 * both may be deployed in any order, and the inbox knows a fact that comes in a second version.
 */
export interface Upcast {
  readonly older: EventDefinition<unknown>;
  readonly newer: EventDefinition<unknown>;
  /** The data of the newer version; throws PoisonMessageError where there is none of the older. */
  readonly apply: (data: unknown) => unknown;
}

/** A step from one version to the next. */
export function upcast<O, N>(older: EventDefinition<O>, newer: EventDefinition<N>, apply: (older: O) => N): Upcast {
  return { older, newer, apply: (data) => apply(dataOf(older, data)) };
}

/** The handlers of the newest versions, and for each older one a handler that hands it on as the next version. */
export function readingOlder(
  handlers: ReadonlyMap<string, Handler>,
  upcasts: readonly Upcast[],
): ReadonlyMap<string, Handler> {
  const found = new Map(handlers);
  for (const step of upcasts) {
    const handle = found.get(step.newer.type);
    if (handle !== undefined) {
      found.set(step.older.type, reader(step, handle));
    }
  }
  return found;
}

function reader(step: Upcast, handle: Handler): Handler {
  return async (message) => {
    const envelope = openEnvelope(message);
    const told = { ...envelope, data: step.apply(envelope.data) };
    await handle({ ...message, body: Buffer.from(JSON.stringify(told)) });
  };
}
