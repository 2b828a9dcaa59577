import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

import { refTo, toJsonSchema, type JsonSchema } from '../json-schema.js';
import { PROBLEM_TYPE, TITLES } from '../problems.js';
import { OPERATION_ID } from './access.decorator.js';
import { IF_MATCH_SCHEMA, KEY_SCHEMA } from './headers.decorator.js';

/** What the contract says of an operation. */
export interface OperationSpec {
  readonly id: string;
  readonly summary: string;
  readonly status: number;
  /** Schema of the answer's body, where it has one. */
  readonly response?: z.ZodType;
  /** Names of the answer's headers. */
  readonly headers?: readonly string[];
  /** Statuses of the refusals that the operation may give. */
  readonly problems: readonly number[];
  /** Scopes that the caller needs; left out where the operation is open to all. */
  readonly scopes?: readonly string[];
  /** Whether it takes an Idempotency-Key. */
  readonly hasKey?: boolean;
  readonly ifMatch?: 'optional' | 'required';
  /** Name of the path parameter that identifies what the operation is about. */
  readonly parameter?: string;
  readonly query?: z.ZodObject;
}

/** Name of the bearer security scheme. */
export const BEARER = 'bearerAuth';

/** Schemas that answers refer to, by name. */
export const ANSWER_SCHEMAS = new Map<string, JsonSchema>();

const UUID = { type: 'string', format: 'uuid' } as const;

/** Says in one place what the contract promises of an operation, and sets the status of its answer. */
export function Operation(spec: OperationSpec): MethodDecorator {
  const { id, summary, status, scopes, parameter } = spec;
  return applyDecorators(
    HttpCode(status),
    SetMetadata(OPERATION_ID, id),
    ApiOperation({ operationId: id, summary }),
    answer(spec),
    ...spec.problems.map(problem),
    ...(scopes === undefined ? [] : [ApiBearerAuth(BEARER), ApiOperation({ security: [{ [BEARER]: [...scopes] }] })]),
    ...(parameter === undefined ? [] : [ApiParam({ name: parameter, schema: UUID })]),
    ...(spec.hasKey ? [ApiHeader({ name: 'Idempotency-Key', required: true, schema: { ...KEY_SCHEMA } })] : []),
    ...ifMatch(spec.ifMatch),
    ...(spec.query === undefined ? [] : queryParameters(spec.query)),
  );
}

function answer({ status, response, headers = [] }: OperationSpec): MethodDecorator {
  const described = headers.map((name) => [name, { schema: { type: 'string' } }]);
  return ApiResponse({
    status,
    description: TITLES[status] ?? '',
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(described) }),
    ...(response === undefined ? {} : { content: { 'application/json': { schema: schemaOf(response) } } }),
  });
}

function problem(status: number): MethodDecorator {
  const content = { [PROBLEM_TYPE]: { schema: refTo('Problem') } };
  return ApiResponse({ status, description: TITLES[status] ?? '', content });
}

function ifMatch(need: 'optional' | 'required' | undefined): MethodDecorator[] {
  if (need === undefined) {
    return [];
  }
  const schema = need === 'required' ? { ...IF_MATCH_SCHEMA } : { anyOf: [{ ...IF_MATCH_SCHEMA }, { type: 'null' }] };
  return [ApiHeader({ name: 'If-Match', required: need === 'required', schema })];
}

function schemaOf(response: z.ZodType): JsonSchema {
  const { schema, components } = toJsonSchema(response, 'output');
  Object.entries(components).forEach(([name, definition]) => ANSWER_SCHEMAS.set(name, definition));
  return schema;
}

function queryParameters(query: z.ZodObject): MethodDecorator[] {
  return Object.entries(query.shape).map(([name, each]) => {
    const { schema } = toJsonSchema(z.pipe(z.unknown(), each), 'output');
    return ApiQuery({ name, required: isNeeded(query, name), schema });
  });
}

function isNeeded(query: z.ZodObject, name: string): boolean {
  return query.safeParse({}).error?.issues.some((issue) => issue.path[0] === name) ?? false;
}
