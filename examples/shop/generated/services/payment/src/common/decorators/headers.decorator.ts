import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import { REQUIRED } from '../pipes/schema.pipe.js';
import { InvalidRequestError } from '../problems.js';

/** Form of an Idempotency-Key. */
export const KEY_SCHEMA = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' } as const;

/** Form of an If-Match header. */
export const IF_MATCH_SCHEMA = { type: 'string', maxLength: 64, pattern: '^(\\*|"[0-9]{1,9}")$' } as const;

// a decorator that threw would hide what is wrong with the rest of the request: the pipe throws what it returns

/** The Idempotency-Key of the request; 400 where it is missing, 422 where it is malformed. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const key = header(context, 'Idempotency-Key');
  return key === undefined ? missing('Idempotency-Key') : matching('Idempotency-Key', key, KEY_SCHEMA);
});

/** The version that the caller insists on; undefined where any will do; 422 where the header is malformed. */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const tag = header(context, 'If-Match');
  return tag === undefined ? undefined : versionOf(tag);
});

/** As IfMatch, and 428 where the header is missing. */
export const RequiredIfMatch = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const tag = header(context, 'If-Match');
  return tag === undefined ? missing('If-Match') : versionOf(tag);
});

/** The entity tag of a version (RFC 9110, section 8.8.3). */
export function etag(version: number): string {
  return `"${version}"`;
}

function header(context: ExecutionContext, name: string): string | undefined {
  return context.switchToHttp().getRequest<Request>().get(name);
}

function missing(name: string): InvalidRequestError {
  return new InvalidRequestError([{ pointer: `/header/${name}`, detail: REQUIRED, isMissing: true }]);
}

interface Form {
  readonly pattern: string;
  readonly maxLength: number;
}

function matching(name: string, value: string, form: Form): string | InvalidRequestError {
  if (value.length <= form.maxLength && new RegExp(form.pattern).test(value)) {
    return value;
  }
  return new InvalidRequestError([{ pointer: `/header/${name}`, detail: `must match ${form.pattern}` }]);
}

function versionOf(tag: string): number | undefined | InvalidRequestError {
  const value = matching('If-Match', tag, IF_MATCH_SCHEMA);
  if (value instanceof InvalidRequestError) {
    return value;
  }
  return value === '*' ? undefined : Number(value.replaceAll('"', ''));
}
