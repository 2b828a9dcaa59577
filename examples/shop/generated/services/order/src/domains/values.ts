import { Big } from 'big.js';
import { z } from 'zod';

import { canonicalMoment, isDay } from '../common/moment.js';

const ANY_TEXT = '^[^\\u0000]*$';

/** Text of a bounded length, counted in characters as people see them in JSON Schema, that fits a pattern. */
export function text({ min = 0, max, pattern = ANY_TEXT }: { min?: number; max: number; pattern?: string }): z.ZodString {
  const expression = new RegExp(pattern, 'u');
  const fits = (value: string) => expression.test(value) && value.isWellFormed();
  const isWithin = (value: string) => value.length <= 2 * max && characters(value) >= min && characters(value) <= max;
  return z
    .string()
    .refine(fits, { error: `must match ${pattern}` })
    .refine(isWithin, { error: `must have ${min} to ${max} characters` })
    .meta({ ...(min > 0 && { minLength: min }), maxLength: max, pattern });
}

function characters(value: string): number {
  return Array.from(value).length;
}

/** A whole number that every language holds exactly. */
export function wholeNumber(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): z.ZodInt {
  return z.int().min(minimum).max(maximum);
}

/** An exact decimal, written as text: JSON numbers are floats in too many languages. */
export function decimal(precision: number, scale: number, limits: { minimum?: number; maximum?: number } = {}): z.ZodString {
  const pattern = decimalPattern(precision, scale, limits.minimum);
  const expression = new RegExp(pattern);
  const { minimum, maximum } = limits;
  return z
    .string()
    .refine((value) => expression.test(value), {
      error: `must be a decimal written as text with at most ${scale} places, such as ${new Big(1).toFixed(scale)}`,
      abort: true,
    })
    .refine((value) => minimum === undefined || new Big(value).gte(minimum), { error: `must be at least ${minimum}` })
    .refine((value) => maximum === undefined || new Big(value).lte(maximum), { error: `must be at most ${maximum}` })
    .overwrite((value) => (expression.test(value) ? unsignedZero(new Big(value).toFixed(scale)) : value))
    .meta({ pattern });
}

/** Negative where `left` is less than `right`, positive where it is greater. */
export function compareDecimals(left: string, right: string): number {
  return new Big(left).cmp(right);
}

function decimalPattern(precision: number, scale: number, minimum: number | undefined): string {
  const sign = minimum !== undefined && minimum >= 0 ? '' : '-?';
  const whole = precision > scale ? `(0|[1-9][0-9]{0,${precision - scale - 1}})` : '0';
  return `^${sign}${whole}${scale > 0 ? `(\\.[0-9]{1,${scale}})?` : ''}$`;
}

function unsignedZero(value: string): string {
  return /^-[0.]+$/.test(value) ? value.slice(1) : value;
}

/** An id, in lower case. */
export const Uuid = z
  .string()
  .refine((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value), { error: 'must be a UUID' })
  .overwrite((value) => value.toLowerCase())
  .meta({ format: 'uuid' });

/** A calendar date, written YYYY-MM-DD. */
export const Day = z
  .string()
  .refine((value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(Number(value.slice(0, 4)), Number(value.slice(5, 7)), Number(value.slice(8))), {
    error: 'must be a date such as 2026-01-31',
  })
  .meta({ format: 'date' });

/** A point in time, kept in UTC as canonical text; RFC 3339 with a zone. */
export const Moment = z
  .string()
  .refine((value) => canonicalMoment(value) !== undefined, {
    error: 'must be a date and time with a zone such as 2026-01-31T09:30:00Z',
  })
  .overwrite((value) => canonicalMoment(value) ?? value)
  .meta({ format: 'date-time' });

/** An e-mail address. */
export const Email = text({ max: 320, pattern: '^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$' });

/** An amount in the smallest unit of its currency (ISO 4217): never a float. */
export const Money = z.strictObject({ minor_units: wholeNumber(), currency: currency() }).meta({ id: 'Money' });
export type Money = z.infer<typeof Money>;

/** Money that is not negative. */
export const Amount = z.strictObject({ minor_units: wholeNumber(0), currency: currency() }).meta({ id: 'Amount' });
export type Amount = z.infer<typeof Amount>;

function currency(): z.ZodString {
  return z
    .string()
    .refine((value) => /^[A-Z]{3}$/.test(value), { error: 'must be a currency code such as EUR' })
    .meta({ pattern: '^[A-Z]{3}$' });
}

/** One article of an order. */
export const OrderLine = z
  .strictObject({
    sku: text({ max: 40, pattern: '^[A-Z0-9-]{1,40}$' }),
    quantity: wholeNumber(1, 1000),
    unit_price: Amount,
  })
  .meta({ id: 'OrderLine' });
export type OrderLine = z.infer<typeof OrderLine>;
