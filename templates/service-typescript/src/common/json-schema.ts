import { z } from 'zod';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 has them. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema, and the named ones that it refers to. */
export interface Converted {
  readonly schema: JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** The OpenAPI schema of a zod schema; one that has an id is referred to by it. */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Converted {
  const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override });
  const named = Object.entries($defs).map(([name, definition]) => [name, withRefs(definition)]);
  const components: Record<string, JsonSchema> = Object.fromEntries(named);
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined || id in components) {
    return { schema: withRefs(own), components };
  }
  return { schema: refTo(id), components: { ...components, [id]: withRefs(own) } };
}

/** A reference to a named schema. */
export function refTo(id: string): JsonSchema {
  return { $ref: `#/components/schemas/${id}` };
}

interface Overridden {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

/** Leave out what zod adds by itself, so that the contract says what the model says. */
function override({ zodSchema, jsonSchema }: Overridden): void {
  delete jsonSchema.id;
  if (FORMATS.has(jsonSchema.format ?? '')) {
    delete jsonSchema.pattern;
  }
  if (zodSchema._zod.def.type === 'number') {
    const checks = new Set(zodSchema._zod.def.checks?.map((check) => check._zod.def.check));
    if (!checks.has('greater_than')) {
      delete jsonSchema.minimum;
    }
    if (!checks.has('less_than')) {
      delete jsonSchema.maximum;
    }
  }
  if (zodSchema._zod.def.type === 'object' && zodSchema._zod.def.catchall === undefined) {
    delete jsonSchema.additionalProperties;
  }
}

const FORMATS = new Set(['uuid', 'date-time', 'date']);

function withRefs(node: unknown): JsonSchema {
  const text = JSON.stringify(node, (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string') {
      return value.replace('#/$defs/', '#/components/schemas/');
    }
    const either = key === 'properties' ? undefined : nullable.safeParse(value).data;
    if (either === undefined) {
      return value;
    }
    const { type, ...rest } = either;
    return { anyOf: type.map((each) => ({ type: each })), ...rest };
  });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

/** What zod writes where a value is of one type or null, and the contract as two schemas. */
const nullable = z.looseObject({ type: z.array(z.string()) });
