import type { ValueTransformer } from 'typeorm';

import { canonicalMoment, type Moment } from '../../common/moment.js';

/** One value, or its absence, between an entity and a column. */
function nullable<Value, Stored>(to: (value: Value) => Stored, from: (stored: Stored) => Value): ValueTransformer {
  return {
    // undefined is kept: it means that a column is not part of the statement
    to: (value: Value | null | undefined) => (value === null || value === undefined ? value : to(value)),
    from: (stored: Stored | null | undefined) => (stored === null || stored === undefined ? stored : from(stored)),
  };
}

/** A moment as canonical text: timestamptz on PostgreSQL, text on SQLite. */
export const moment: ValueTransformer = nullable<Moment, string>(
  (value) => value,
  (stored) => canonicalMoment(stored) ?? stored,
);

/** A moment as a Date, for what needs no more than milliseconds. */
export const instant: ValueTransformer = nullable<Date, string>(
  (value) => value.toISOString(),
  (stored) => new Date(stored),
);

/** A calendar date, written YYYY-MM-DD: date on PostgreSQL, text on SQLite. */
export const day: ValueTransformer = nullable<string, string>(
  (value) => value,
  (stored) => stored,
);

/** A whole number up to 2^53: bigint on PostgreSQL, whose driver gives text. */
export const bigint: ValueTransformer = nullable<number, number | string>(
  (value) => value,
  (stored) => Number(stored),
);

/** A floating point number. */
export const float: ValueTransformer = nullable<number, number | string>(
  (value) => value,
  (stored) => Number(stored),
);

/** A truth value: boolean on PostgreSQL, 0 or 1 on SQLite. */
export const flag: ValueTransformer = nullable<boolean, boolean | number>(
  (value) => value,
  (stored) => Boolean(stored),
);

/** A value, or a list of them, kept as JSON: jsonb on PostgreSQL, text on SQLite. */
export const json: ValueTransformer = nullable<unknown, unknown>(
  (value) => JSON.stringify(value),
  (stored): unknown => (typeof stored === 'string' ? JSON.parse(stored) : stored),
);

/** An exact decimal as text with `scale` places: numeric on PostgreSQL, text on SQLite, which has no exact numbers. */
export function decimal(scale: number): ValueTransformer {
  return nullable<string, string | number>(
    (value) => value,
    (stored) => withScale(String(stored), scale),
  );
}

/** Bytes: bytea on PostgreSQL, blob on SQLite. */
export const bytes: ValueTransformer = nullable<Buffer, Uint8Array>(
  (value) => value,
  (stored) => Buffer.from(stored),
);

/** A moment as a parameter of a statement. */
export function toMoment(value: Date): string {
  return value.toISOString();
}

/** A moment as a statement gives it back. */
export function fromMoment(stored: string | Date): Date {
  return stored instanceof Date ? stored : new Date(stored);
}

function withScale(text: string, scale: number): string {
  const [whole = '0', fraction = ''] = text.split('.');
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}
