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
 */
export async function enqueue<T>(tx: EntityManager, event: DomainEvent<T>, version?: number): Promise<void> {
  const now = utcNow();
  const id = uuid7();
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
  await insert<Omit<OutboxMessage, 'position'>>(tx, OutboxMessage, {
    id,
    event_type: definition.type,
    ordering_key: orderingKey,
    envelope: Buffer.from(JSON.stringify(envelope)),
    created_at: now,
    available_at: now,
    published_at: null,
    attempts: 0,
  });
  filled.add(tx);
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
