import type { z } from 'zod';

import { compareMoments, type Moment } from '../../common/moment.js';
import { utcNow } from '../database/clock.js';
import { PoisonMessageError, type Envelope } from '../event-bus/envelope.js';
import type { EventDefinition } from '../event-bus/event.js';
import type { Clients } from '../http-client/clients.js';
import type { Items, Position, ViewRow } from './view-row.entity.js';

/** The version of an entity that is no more: later than any other. */
export const GONE = 2 ** 31 - 1;

/** Values by their name, as JSON gives them. */
export type Values = Readonly<Record<string, unknown>>;

/** What an event or a snapshot says about one row. */
export interface Change {
  readonly key: string;
  readonly position: Position;
  readonly at: Moment;
  readonly values: Values;
  readonly into?: string | undefined;
  readonly deletes?: boolean;
}

/**
 * An entity of another service, what a view takes from it, and how it is listed. `into` names the list that has an item for
 * each; `toldIn` the states in which a value has been told, where not in all; `goneIn` those in which the view has it no
 * more.
 */
export interface Origin {
  readonly name: string;
  readonly key: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly into?: string;
  readonly state?: string;
  readonly toldIn?: Readonly<Record<string, readonly string[]>>;
  readonly goneIn?: readonly string[];
  list(clients: Clients, query: Record<string, string>, token: string | undefined): Promise<unknown>;
}

/** What a view takes from an event: where the payload holds the row's key, the entity's id and each value. */
export interface Source {
  readonly event: Pick<EventDefinition<unknown>, 'name' | 'type'>;
  readonly origin: Origin;
  readonly key: string;
  readonly identity: string;
  readonly values: Readonly<Record<string, string>>;
  readonly deletes?: boolean;
}

/** A list with an item for each entity of an origin; items are shown in the order of their creation, once complete. */
export interface Part<T = unknown> {
  readonly values: z.ZodType<Values>;
  readonly item: z.ZodType<T>;
  readonly required: readonly string[];
  readonly limit: number;
}

/** A view: its rows, and what they are made of. */
export interface View<R extends ViewRow = ViewRow> {
  readonly name: string;
  readonly noun: string;
  readonly row: new () => R;
  readonly key: string;
  readonly columns: readonly string[];
  readonly values: z.ZodType<Values>;
  readonly required: readonly string[];
  readonly parts: Readonly<Record<string, Part>>;
  readonly origins: readonly Origin[];
  readonly sources: readonly Source[];
}

/** What an event says about a row; throws PoisonMessageError where it does not say which version of its entity it tells of. */
export function changeOf(source: Source, data: Values, envelope: Envelope): Change {
  if (!envelope.sequence) {
    throw new PoisonMessageError(`${envelope.type} has no sequence: its publisher must send its entity's version`);
  }
  const [key, identity] = [String(data[source.key]), String(data[source.identity])];
  if (source.deletes) {
    return deletion(source.origin, key, identity, envelope.time);
  }
  const taken = Object.entries(source.values).map(([name, payload]) => [name, data[payload] ?? null]);
  const position: Position = [identity, Number(envelope.sequence)];
  return { key, position, at: envelope.time, values: Object.fromEntries(taken), into: source.origin.into };
}

/** What its list says of an entity; nothing where no event would have told of it yet. */
export function snapshotOf(origin: Origin, entity: Values, at: Moment): Change | undefined {
  const [key, identity] = [String(entity[origin.key]), String(entity['id'])];
  const state = origin.state === undefined ? '' : String(entity[origin.state]);
  if (origin.goneIn?.includes(state)) {
    return deletion(origin, key, identity, at);
  }
  const known = Object.entries(origin.attributes).filter(([name]) => origin.toldIn?.[name]?.includes(state) ?? true);
  const values = Object.fromEntries(known.map(([name, attribute]) => [name, entity[attribute] ?? null]));
  const position: Position = [identity, Number(entity['version'])];
  return known.length === 0 ? undefined : { key, position, at, values, into: origin.into };
}

/** Carry a change into a row, as far as the row knows nothing later; throws ZodError where its values do not fit. */
export function apply(view: View, row: ViewRow, change: Change): void {
  row.as_of = compareMoments(row.as_of, change.at) < 0 ? change.at : row.as_of;
  if (row.deleted_at !== null) {
    return;
  }
  if (change.into !== undefined) {
    applyToPart(partOf(view, change.into), row, change, change.into);
  } else if (change.deletes) {
    empty(view, row);
  } else {
    const newer = Object.keys(change.values).filter((name) => isNewer(change.position, row.positions[name]));
    const checked = view.values.parse(change.values);
    Object.assign(row, Object.fromEntries(newer.map((name) => [name, checked[name] ?? null])));
    row.positions = { ...row.positions, ...placed(change.position, newer) };
  }
  row.is_visible = isComplete(view, row);
}

/** The items of a list that are complete. */
export function shown<T>(part: Part<T>, items: Items = {}): T[] {
  const sorted = Object.entries(items).toSorted(([left], [right]) => (left < right ? -1 : 1));
  const complete = sorted.filter(([, values]) => part.required.every((name) => (values[name] ?? null) !== null));
  return complete.slice(0, part.limit).map(([, values]) => part.item.parse(values));
}

/** A value without which its row is not shown. */
export function told<T>(value: T | null): T {
  if (value === null) {
    throw new TypeError('only complete rows are shown');
  }
  return value;
}

/** An entity is no more: its row goes, or its item, or the values that it gave to the row of another. */
function deletion(origin: Origin, key: string, identity: string, at: Moment): Change {
  const position: Position = [identity, GONE];
  if (origin.into !== undefined || origin.key === 'id') {
    return { key, position, at, values: {}, into: origin.into, deletes: true };
  }
  return { key, position, at, values: Object.fromEntries(Object.keys(origin.attributes).map((name) => [name, null])) };
}

function applyToPart(part: Part, row: ViewRow, change: Change, into: string): void {
  const [identity] = change.position;
  const item = `${into}/${identity}`;
  if (row.positions[item] !== undefined) {
    return; // it is gone
  }
  const { [identity]: known = {}, ...others } = row.parts[into] ?? {};
  if (change.deletes) {
    const kept = Object.entries(row.positions).filter(([name]) => !name.startsWith(`${item}/`));
    row.positions = { ...Object.fromEntries(kept), [item]: change.position };
    row.parts = { ...row.parts, [into]: others };
    return;
  }
  const newer = Object.keys(change.values).filter((name) => isNewer(change.position, row.positions[`${item}/${name}`]));
  const checked = part.values.parse(change.values);
  const taken = Object.fromEntries(newer.map((name) => [name, checked[name] ?? null]));
  const names = newer.map((name) => `${item}/${name}`);
  row.positions = { ...row.positions, ...placed(change.position, names) };
  row.parts = { ...row.parts, [into]: { ...others, [identity]: { ...known, ...taken } } };
}

/** Keep nothing but the key, so that what was said before is not taken for news. */
function empty(view: View, row: ViewRow): void {
  row.deleted_at = utcNow();
  Object.assign(row, Object.fromEntries(view.columns.map((name) => [name, null])));
  row.positions = {};
  row.parts = {};
}

function isComplete(view: View, row: ViewRow): boolean {
  if (row.deleted_at !== null || view.required.some((name) => Reflect.get(row, name) === null)) {
    return false;
  }
  const isTold = Object.entries(row.positions).some(([name, [, version]]) => version !== GONE && !name.includes('/'));
  return isTold || Object.entries(view.parts).some(([name, part]) => shown(part, row.parts[name]).length > 0);
}

function isNewer([identity, version]: Position, known: Position | undefined): boolean {
  return known === undefined || identity > known[0] || (identity === known[0] && version >= known[1]);
}

function placed(position: Position, names: readonly string[]): Record<string, Position> {
  return Object.fromEntries(names.map((name) => [name, position]));
}

function partOf(view: View, name: string): Part {
  const part = view.parts[name];
  if (part === undefined) {
    throw new TypeError(`${view.name} has no list ${name}`);
  }
  return part;
}
