import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

import { ANSWER_SCHEMAS, BEARER } from './common/decorators/operation.decorator.js';
import { toJsonSchema } from './common/json-schema.js';
import { API_VERSION, DESCRIPTION, TITLE } from './config/service.js';

const fieldProblem = z.object({ pointer: z.string(), detail: z.string() }).meta({ id: 'FieldProblem' });

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().nullable().default(null),
    errors: z.array(fieldProblem).optional(),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457)' });

/** The API's description (OpenAPI 3.1), made from the code. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(TITLE)
    .setDescription(DESCRIPTION)
    .setVersion(API_VERSION)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, BEARER)
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: (schema, { schemaType }) => {
      if (!(schema instanceof z.ZodType)) {
        return undefined;
      }
      const { schema: own, components } = toJsonSchema(schema, schemaType);
      return { schema: { ...own }, components: Object.fromEntries(Object.entries(components)) };
    },
  });
  const schemas = {
    ...document.components?.schemas,
    ...Object.fromEntries(ANSWER_SCHEMAS),
    ...toJsonSchema(problem, 'input').components,
  };
  Object.values(document.paths).forEach(withoutFalseTypes);
  const { securitySchemes, ...components } = { ...document.components, schemas };
  const isGuarded = Object.values(document.paths).some((path) => operationsOf(path).some((each) => each.security));
  return { ...document, components: { ...components, ...(isGuarded ? { securitySchemes } : {}) } };
}

type Path = OpenAPIObject['paths'][string];

function operationsOf(path: Path): NonNullable<Path['get']>[] {
  return [path.get, path.put, path.post, path.patch, path.delete].filter((each) => each !== undefined);
}

/** A header of several types is none of text alone, as @nestjs/swagger makes it. */
function withoutFalseTypes(path: Path): void {
  for (const operation of operationsOf(path)) {
    for (const parameter of operation.parameters ?? []) {
      if ('schema' in parameter && parameter.schema !== undefined && 'anyOf' in parameter.schema) {
        delete parameter.schema.type;
      }
    }
  }
}
