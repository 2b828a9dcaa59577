import { z } from 'zod';

import { NotFoundError, ProblemError } from '../../common/problems.js';
import { currentRequest, currentRequestId, runInRequest } from '../../common/request-context.js';
import type { AllClients } from '../http-client/clients.js';
import { DependencyError, type CallOptions } from '../http-client/dependency-client.js';
import { BulkheadFullError, CircuitOpenError, DeadlineExceededError, secondsLeft } from '../http-client/resilience.js';
import { getLogger } from '../observability/logger.js';
import { PARTS_MISSING } from '../observability/metrics.js';

const log = getLogger('compositions');

const BEARER = /^Bearer +(\S.*)$/i;
const REASONS = ['not_found', 'refused', 'timeout', 'unavailable', 'invalid', 'truncated'] as const;

/** Why a part is missing, or not shown in full. */
export type Reason = (typeof REASONS)[number];

/** A part that is missing, or not shown in full. */
export const IncompletePart = z
  .object({ part: z.string(), reason: z.enum(REASONS) })
  .meta({ id: 'IncompletePart', description: 'A part that is missing, or not shown in full' });

/** What an answer cannot do without cannot be had now. */
export class PartMissingError extends ProblemError {
  constructor(part: string, reason: Reason) {
    super(503, 'part-missing', `${part} cannot be had: ${reason}; retry later`, { 'Retry-After': '1' });
  }
}

/** A part: whom it asks, what it shows of the answer, and where its key comes from if not from the request. */
export interface Part {
  readonly name: string;
  /** Asks the service of a part by a key. */
  readonly ask: (clients: AllClients, key: string, options: CallOptions) => Promise<unknown>;
  readonly shows: z.ZodObject;
  readonly attributes: Readonly<Record<string, string>>;
  /** The part and its field that hold the key. */
  readonly key?: readonly [part: string, field: string];
  readonly isList?: boolean;
  readonly isRequired?: boolean;
}

/** Its parts, each after the one that its key comes from, and the seconds that they may take together. */
export interface Composition {
  readonly name: string;
  readonly noun: string;
  readonly budgetS: number;
  readonly parts: readonly Part[];
}

/** The parts' values by name, null where there is none, and what is not there. */
export interface Composed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly incomplete: readonly { readonly part: string; readonly reason: Reason }[];
}

/** What a part shows, null where there is nothing, and why it is not all. */
interface Found {
  readonly value: unknown;
  readonly reason?: Reason;
}

const Item = z.record(z.string(), z.unknown());
const Page = z.object({ items: z.array(Item), next_cursor: z.string().nullable() });

/**
 * API composition (Richardson, Microservices Patterns, ch. 7): one answer from those of several services, in one time budget.
 *
 * Parts are asked for at once, each as soon as its key is known, by clients with their own timeouts, retries, circuit breakers
 * and bulkheads; what is left of the budget bounds every call and travels with it. A part that cannot be had is named with the
 * reason, unless the answer makes no sense without it: NotFoundError where there is no such thing, else PartMissingError.
 */
export async function compose(
  composition: Composition,
  clients: AllClients,
  key: string,
  authorization: string | undefined,
): Promise<Composed> {
  const token = BEARER.exec(authorization ?? '')?.[1];
  const abandon = new AbortController();
  const options = { signal: abandon.signal, ...(token === undefined ? {} : { token }) };
  const found = await withinBudget(composition.budgetS, async () => {
    const tasks = new Map<string, Promise<Found>>();
    for (const part of composition.parts) {
      const ask = (by: string): Promise<Found> => asked(composition, part, clients, by, options);
      tasks.set(part.name, part.key === undefined ? ask(key) : askAfter(tasks.get(part.key[0]), part.key[1], ask));
    }
    try {
      return await Promise.all([...tasks].map(async ([name, task]) => [name, await task] as const));
    } catch (error) {
      abandon.abort(); // without what the answer stands on, nobody waits for the rest
      throw error;
    }
  });
  const incomplete = found.flatMap(([part, { reason }]) => (reason === undefined ? [] : [{ part, reason }]));
  incomplete.forEach((each) => PARTS_MISSING.inc({ composition: composition.name, ...each }));
  if (incomplete.length > 0) {
    const missing = Object.fromEntries(incomplete.map(({ part, reason }) => [part, reason]));
    log.warning('composition.incomplete', { composition: composition.name, missing });
  }
  return { values: Object.fromEntries(found.map(([name, { value }]) => [name, value])), incomplete };
}

/** Whatever is done inside must be done in `seconds`, or in what the caller still waits where that is less. */
function withinBudget<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + secondsLeft(seconds) * 1000;
  const request = currentRequest() ?? { requestId: currentRequestId(), faults: [] };
  return runInRequest({ ...request, deadline }, work);
}

/** Ask by a field of another part: without that part there is nothing to ask by, and without a value nothing to show. */
async function askAfter(source: Promise<Found> | undefined, field: string, ask: (key: string) => Promise<Found>): Promise<Found> {
  const parent = await source;
  const values = Item.safeParse(parent?.value);
  if (parent === undefined || !values.success) {
    return { value: null, ...(parent?.reason === undefined ? {} : { reason: parent.reason }) };
  }
  const key = values.data[field];
  return typeof key === 'string' ? await ask(key) : { value: null };
}

async function asked(composition: Composition, part: Part, clients: AllClients, key: string, options: CallOptions): Promise<Found> {
  const found = await answered(part, clients, key, options);
  if (part.isRequired === true && found.value === null) {
    throw found.reason === 'not_found'
      ? new NotFoundError(composition.noun, key)
      : new PartMissingError(part.name, found.reason ?? 'invalid');
  }
  return found;
}

async function answered(part: Part, clients: AllClients, key: string, options: CallOptions): Promise<Found> {
  try {
    secondsLeft(Infinity); // a key that comes after the end of the budget is asked by no more
    return shown(part, await part.ask(clients, key, options));
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) {
      throw error;
    }
    if (reason === 'invalid') {
      log.error('composition.invalid_answer', { part: part.name, error: summary(error) });
    }
    return { value: null, reason };
  }
}

/** What callers see of an answer. Throws ZodError where it is not what the service promised. */
function shown(part: Part, answer: unknown): Found {
  if (part.isList !== true) {
    return { value: one(part, Item.parse(answer)) };
  }
  const { items, next_cursor } = Page.parse(answer);
  const value = items.map((item) => one(part, item));
  return next_cursor === null ? { value } : { value, reason: 'truncated' };
}

function one(part: Part, answer: Readonly<Record<string, unknown>>): unknown {
  return part.shows.parse(Object.fromEntries(Object.entries(part.attributes).map(([field, name]) => [field, answer[name]])));
}

function reasonOf(error: unknown): Reason | undefined {
  if (error instanceof DeadlineExceededError) {
    return 'timeout';
  }
  if (error instanceof CircuitOpenError || error instanceof BulkheadFullError) {
    return 'unavailable';
  }
  if (error instanceof z.ZodError || error instanceof SyntaxError) {
    return 'invalid';
  }
  return error instanceof DependencyError ? reasonOfFailure(error) : undefined;
}

function reasonOfFailure(error: DependencyError): Reason {
  if (error.status === 404) {
    return 'not_found';
  }
  if (error.cause instanceof Error && error.cause.name === 'TimeoutError') {
    return 'timeout';
  }
  return error.isTransient ? 'unavailable' : 'refused';
}

/** What is wrong, without the values. */
function summary(error: unknown): string {
  if (!(error instanceof z.ZodError)) {
    return 'no JSON';
  }
  return error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ');
}
