import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

import { InvalidRequestError, type Fault } from '../problems.js';
import { currentRequest } from '../request-context.js';

const PLACES: Readonly<Record<string, string>> = { body: 'body', query: 'query', param: 'path' };

/** What a caller is told who leaves out what is needed. */
export const REQUIRED = 'Field required';

/** Checks each part of a request against the zod schema of its decorator. */
export class SchemaPipe implements PipeTransform {
  /** The value as the schema makes it; throws InvalidRequestError where it does not fit. */
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (value instanceof InvalidRequestError) {
      throw refuse(value.faults); // a header's decorator found it, and leaves the refusal to its pipe
    }
    if (metadata.schema === undefined) {
      return value;
    }
    const place = [PLACES[metadata.type] ?? metadata.type, ...(metadata.data === undefined ? [] : [metadata.data])];
    if (metadata.type === 'body' && value === undefined) {
      throw refuse([{ pointer: '/body', detail: REQUIRED }]);
    }
    const given = metadata.type === 'query' ? lastOfEach(value) : value;
    const result = await metadata.schema['~standard'].validate(given);
    if (result.issues === undefined) {
      return result.value;
    }
    throw refuse(result.issues.flatMap((issue) => faultsOf(place, issue)));
  }
}

/** A refusal that tells of these faults, and of those that other parts of the same request have. */
export function refuse(faults: readonly Fault[]): InvalidRequestError {
  currentRequest()?.faults.push(...faults);
  return new InvalidRequestError(faults);
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function faultsOf(place: readonly string[], issue: Issue): Fault[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const at = [...place, ...path];
  if (isUnrecognized(issue)) {
    return issue.keys.map((key) => ({ pointer: pointer([...at, key]), detail: 'Extra inputs are not permitted' }));
  }
  return [{ pointer: pointer(at), detail: isMissing(issue) ? REQUIRED : issue.message }];
}

function isUnrecognized(issue: Issue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return 'code' in issue && issue.code === 'unrecognized_keys';
}

function isMissing(issue: Issue): boolean {
  return 'code' in issue && issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

/** A JSON pointer (RFC 6901). */
function pointer(parts: readonly string[]): string {
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A query parameter that is given more than once counts as its last value. */
function lastOfEach(query: unknown): unknown {
  if (typeof query !== 'object' || query === null) {
    return query;
  }
  const pairs = Object.entries(query).map(([name, value]: [string, unknown]) => [
    name,
    Array.isArray(value) ? (value.at(-1) as unknown) : value,
  ]);
  return Object.fromEntries(pairs);
}
