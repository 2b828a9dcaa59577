import { z } from 'zod';

import { canonicalMoment, type Moment } from '../../common/moment.js';
import type { BaseEntity } from '../database/base.entity.js';
import type { State, StreamEvent } from './stream-event.entity.js';

/** Turns the data of an event, given its type, into what the next version of the schema would have told. */
export type Upcaster = (type: string, data: State) => State;

/** An event-sourced entity: the class of its rows, the shape of its state, and how older events are read. */
export interface Stream<E extends BaseEntity = BaseEntity> {
  readonly name: string;
  readonly target: new () => E;
  readonly shape: z.ZodObject;
  /** The field that holds where it stands in its lifecycle. */
  readonly stateField?: string;
  readonly schemaVersion: number;
  /** From each version of the schema to the next one. */
  readonly upcasters: Readonly<Record<number, Upcaster>>;
}

/** What a stream amounts to. */
export interface Loaded {
  readonly version: number;
  readonly state: State;
  readonly created_at: Moment;
  readonly updated_at: Moment;
  readonly isEnded: boolean;
}

/** A stream holds what this version of the service does not understand. */
export class UnreadableStreamError extends Error {
  override readonly name = 'UnreadableStreamError';
}

/** A row has no stream: it was there before its entity was event-sourced. */
export class MissingStreamError extends Error {
  override readonly name = 'MissingStreamError';

  constructor(stream: string, id: string) {
    super(`${stream} ${id} has no stream; run: npm run streams adopt ${stream}`);
  }
}

/** The entity's values as JSON. */
export function stateOf(stream: Stream, entity: object): State {
  const values = new Map(Object.keys(stream.shape.shape).map((name) => [name, Reflect.get(entity, name)]));
  return stream.shape.parse(Object.fromEntries(values));
}

/** The type of the event that tells of a change. */
export function typeOf(stream: Stream, changed: State): string {
  const state = stream.stateField === undefined ? undefined : changed[stream.stateField];
  return typeof state === 'string' ? `${stream.name}Became${state.split('_').map(capitalized).join('')}` : `${stream.name}Changed`;
}

/** A stream with one event more. Throws UnreadableStreamError where the event is not understood. */
export function withEvent(stream: Stream, before: Loaded | undefined, event: StreamEvent): Loaded {
  const { created_at, ...data } = upcast(stream, event);
  const opened = typeof created_at === 'string' ? canonicalMoment(created_at) : undefined;
  return {
    version: event.version,
    state: { ...before?.state, ...data },
    created_at: before?.created_at ?? opened ?? event.recorded_at,
    updated_at: event.recorded_at,
    isEnded: event.type === `${stream.name}Deleted`,
  };
}

/** The same with its state as the service knows it. Throws UnreadableStreamError where it does not fit. */
export function checked(stream: Stream, id: string, loaded: Loaded): Loaded {
  const result = stream.shape.safeParse(loaded.state);
  if (!result.success) {
    const faults = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
    const hint = 'raise SCHEMA_VERSION beside the upcasters and say how older events are read';
    throw new UnreadableStreamError(`${stream.name} ${id} at version ${loaded.version}: ${faults.join('; ')}; ${hint}`);
  }
  return { ...loaded, state: result.data };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function upcast(stream: Stream, event: StreamEvent): State {
  const where = `${stream.name} ${event.stream_id}, version ${event.version}`;
  const { schema_version: written } = event;
  if (written > stream.schemaVersion) {
    throw new UnreadableStreamError(`${where}: its schema ${written} is newer than ${stream.schemaVersion}, which this service knows`);
  }
  let { data } = event;
  for (let version = written; version < stream.schemaVersion; version += 1) {
    const next = stream.upcasters[version];
    if (next === undefined) {
      throw new UnreadableStreamError(`${where}: no upcaster leads from schema ${version} to ${version + 1}; write it beside the others`);
    }
    data = next(event.type, data);
  }
  return data;
}
