import { z } from 'zod';

const WHOLE = /^[+-]?\d+(\.0+)?$/;
const TRUE = new Set(['true', '1', 'on', 'yes', 't', 'y']);
const FALSE = new Set(['false', '0', 'off', 'no', 'f', 'n']);

/** A query parameter that is a whole number; unlike z.coerce it takes neither "" nor "0x10". */
export function queryInteger(schema: z.ZodNumber = z.int()): z.ZodPreprocess<z.ZodNumber> {
  return z.preprocess((text) => (typeof text === 'string' && WHOLE.test(text) ? Number(text) : text), schema);
}

/** A query parameter that is true or false. */
export function queryBoolean(): z.ZodPreprocess<z.ZodBoolean> {
  return z.preprocess((text) => (typeof text === 'string' ? truthOf(text.toLowerCase()) : text), z.boolean());
}

function truthOf(text: string): unknown {
  if (TRUE.has(text)) {
    return true;
  }
  return FALSE.has(text) ? false : text;
}
