import { isDeepStrictEqual } from 'node:util';

import { context, propagation } from '@opentelemetry/api';
import { MoreThan, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';

import { now, type Moment } from '../../common/moment.js';
import type { BaseEntity } from '../database/base.entity.js';
import { insert } from '../database/insert.js';
import { StreamEvent, StreamSnapshot, type State } from './stream-event.entity.js';
import { checked, stateOf, typeOf, withEvent, type Loaded, type Stream } from './stream.js';

/** After how many events of a stream its sum is kept, so that a long one is not read from its beginning. */
export const SNAPSHOTS = { every: 100 };

/**
 * What a stream amounts to, from its snapshot where that can be read; undefined where there is no such stream. Throws
 * UnreadableStreamError where an event is not understood.
 */
export async function load(tx: EntityManager, stream: Stream, id: string): Promise<Loaded | undefined> {
  const snapshot = await tx.findOneBy(StreamSnapshot, { stream_id: id });
  let found = snapshot?.schema_version === stream.schemaVersion ? loadedOf(snapshot) : undefined;
  const where = { stream_id: id, ...(found === undefined ? {} : { version: MoreThan(found.version) }) };
  for (const event of await tx.find(StreamEvent, { where, order: { version: 'ASC' } })) {
    found = withEvent(stream, found, event);
  }
  return found === undefined || found.isEnded ? found : checked(stream, id, found);
}

/** Tell that an entity was made. */
export async function open(tx: EntityManager, stream: Stream, entity: BaseEntity, type = `${stream.name}Created`, more: State = {}): Promise<void> {
  await append(tx, stream, entity, type, { ...more, ...stateOf(stream, entity) }, entity.updated_at);
}

/** Tell what has changed in an entity since it was in a former state; where that is not known, tell all. */
export async function proceed(tx: EntityManager, stream: Stream, entity: BaseEntity, before: State | undefined): Promise<void> {
  const state = stateOf(stream, entity);
  const changed = Object.fromEntries(Object.entries(state).filter(([name, value]) => !isDeepStrictEqual(value, before?.[name])));
  await append(tx, stream, entity, typeOf(stream, changed), changed, entity.updated_at);
  if (entity.version % SNAPSHOTS.every === 0) {
    const { id: stream_id, version, created_at, updated_at } = entity;
    await put(tx, StreamSnapshot, { stream_id }, { stream_id, version, schema_version: stream.schemaVersion, data: state, created_at, updated_at });
  }
}

/** Tell that an entity is no more; its stream stays. */
export async function close(tx: EntityManager, stream: Stream, entity: BaseEntity): Promise<void> {
  await append(tx, stream, { id: entity.id, version: entity.version + 1 }, `${stream.name}Deleted`, {}, now());
}

/** Make the row what its stream amounts to. */
export async function project(tx: EntityManager, stream: Stream, id: string, loaded: Loaded): Promise<void> {
  if (loaded.isEnded) {
    await tx.delete(stream.target, { id });
    return;
  }
  const { version, created_at, updated_at } = loaded;
  const entity = Object.assign(new stream.target(), { id, version, created_at, updated_at }, loaded.state);
  await put(tx, stream.target, { id }, entity);
}

async function put<E extends ObjectLiteral>(tx: EntityManager, target: EntityTarget<E>, where: object, row: E): Promise<void> {
  const { affected } = await tx.update(target, where, { ...row });
  if (affected !== 1) {
    await insert(tx, target, row);
  }
}

async function append(
  tx: EntityManager,
  stream: Stream,
  { id, version }: Pick<BaseEntity, 'id' | 'version'>,
  type: string,
  data: State,
  at: Moment,
): Promise<void> {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  await insert<StreamEvent>(tx, StreamEvent, {
    stream_id: id,
    version,
    stream: stream.name,
    type,
    schema_version: stream.schemaVersion,
    data,
    recorded_at: at,
    traceparent: carrier.traceparent ?? null,
  });
}

function loadedOf({ version, data, created_at, updated_at }: StreamSnapshot): Loaded {
  return { version, state: data, created_at, updated_at, isEnded: false };
}
