import { context, propagation, type Context } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';

import { SERVICE_NAME } from '../../config/service.js';
import { utcNow, uuid7 } from '../database/clock.js';
import { insert } from '../database/insert.js';
import { OutboxMessage } from '../database/tables/index.js';
import type { DomainEvent } from './event.js';
import type { Envelope } from './envelope.js';

const json = z.record(z.string(), z.unknown());
const filled = new WeakSet<EntityManager>();

/**
 * Add `event` to the transaction; it is published after the commit, or never if there is none. `version` is that of the
 * entity it tells of: by it a receiver tells a later event from an earlier one.
 *
 * All versions of a fact go out under one id, the newest first, so that whoever reads several of them takes in the newest
 * and knows the others for duplicates.
 */
export async function enqueue<T>(tx: EntityManager, event: DomainEvent<T>, version?: number): Promise<void> {
  const id = uuid7();
  const versions: readonly DomainEvent[] = [event, ...(event.older ?? [])];
  for (const [index, each] of versions.entries()) {
    await insert<Omit<OutboxMessage, 'position'>>(tx, OutboxMessage, rowOf(each, id, index === versions.length - 1, version));
  }
  filled.add(tx);
}

/** The row of a fact in one version. The oldest version's has the fact's id: it is the one that older relays send too. */
function rowOf(event: DomainEvent, id: string, isOldest: boolean, version?: number): Omit<OutboxMessage, 'position'> {
  const now = utcNow();
  const { definition, orderingKey } = event;
  const envelope: Envelope = {
    specversion: '1.0',
    id,
    source: `/${SERVICE_NAME}`,
    type: definition.type,
    subject: orderingKey,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `/contracts/events/${definition.name}.v${definition.version}.json`,
    partitionkey: orderingKey,
    ...(version === undefined ? {} : { sequence: String(version).padStart(10, '0') }),
    ...carrierOf(context.active()),
    data: json.parse(event.data),
  };
  return {
    id: isOldest ? id : uuid7(),
    event_type: definition.type,
    ordering_key: orderingKey,
    envelope: Buffer.from(JSON.stringify(envelope)),
    created_at: now,
    available_at: now,
    published_at: null,
    attempts: 0,
  };
}

/** Whether the transaction enqueued something; asked once. */
export function hasEnqueued(tx: EntityManager): boolean {
  return filled.delete(tx);
}

function carrierOf(active: Context): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(active, carrier);
  const { traceparent, tracestate } = carrier;
  return { ...(traceparent ? { traceparent } : {}), ...(tracestate ? { tracestate } : {}) };
}
