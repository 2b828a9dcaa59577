import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { TestService } from '../fixtures/service.js';

const WORDS = new Set(['title', 'description', 'summary', 'tags', 'examples', 'x-scopes']);
const NAMES = new Set(['properties', 'schemas', 'responses', 'headers', 'securitySchemes']);

const Json = z.json();
type Json = z.infer<typeof Json>;
const Document = z.record(z.string(), Json);
const Parameter = z.object({ in: z.string(), name: z.string() });

/** The node without what is only for people, and with what has no order in one order. */
function bare(node: Json, isNames = false): Json {
  if (Array.isArray(node)) return node.map((each) => bare(each));
  if (node === null || typeof node !== 'object') return node;
  const kept = Object.entries(node).filter(([key, value]) => (isNames || !WORDS.has(key)) && !(key === 'default' && value === null));
  return Object.fromEntries(kept.map(([key, value]) => [key, ordered(key, value, isNames)]));
}

function ordered(key: string, value: Json, isNames: boolean): Json {
  if (key === 'required' && Array.isArray(value)) return value.map(String).toSorted((a, b) => a.localeCompare(b));
  if (key === 'parameters' && Array.isArray(value)) return value.map((each) => bare(each)).toSorted((a, b) => place(a).localeCompare(place(b)));
  return bare(value, NAMES.has(key) && !isNames);
}

function place(parameter: Json): string {
  const { in: where, name } = Parameter.parse(parameter);
  return `${where} ${name}`;
}

describe('the API', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start('sqlite');
  });

  afterAll(() => service.stop());

  it.each(['paths', 'components'] as const)('is the one that the contract promises: %s', async (part) => {
    const promised = Document.parse(JSON.parse(readFileSync('contracts/openapi.json', 'utf8')));
    const served = Document.parse((await service.request('GET', '/openapi.json')).json);
    expect(bare(served[part] ?? null)).toEqual(bare(promised[part] ?? null));
  });

  it('refuses a method that a path does not know', async () => {
    const served = Document.parse((await service.request('GET', '/openapi.json')).json);
    for (const path of Object.keys(served['paths'] ?? {})) {
      const answer = await service.request('PATCH', path.replaceAll(/\{[^}]+\}/g, 'x'));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([405, 'application/problem+json']);
      expect(answer.headers.get('allow')).toBeTruthy();
    }
  });
});
