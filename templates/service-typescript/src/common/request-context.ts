import { AsyncLocalStorage } from 'node:async_hooks';

import { uuid7 } from '../infrastructure/database/clock.js';
import type { Fault } from './problems.js';

/** Header that names a request in the logs of all services that it passes. */
export const REQUEST_ID_HEADER = 'X-Request-ID';

/** What belongs to the request in hand. */
export interface RequestContext {
  readonly requestId: string;
  /** When the caller stops waiting, on the clock of performance.now(). */
  readonly deadline: number;
  /** What is wrong with the request, gathered by all its pipes. */
  readonly faults: Fault[];
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Run `work` as part of a request. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** The request in hand, if there is one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** The id of the request in hand, or a new one outside of any. */
export function currentRequestId(): string {
  return storage.getStore()?.requestId ?? uuid7();
}
