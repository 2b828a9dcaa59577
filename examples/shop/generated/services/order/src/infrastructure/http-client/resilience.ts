import {
  BulkheadRejectedError,
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';

import { currentRequest } from '../../common/request-context.js';
import { BREAKER_OPEN } from '../observability/http-metrics.js';

/** How many milliseconds the caller still waits, counted from when the request was sent. */
export const DEADLINE_HEADER = 'X-Request-Deadline-Ms';

/** The dependency has failed too often; it is left alone for a while. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
}

/** Too many calls to the dependency are in flight. */
export class BulkheadFullError extends Error {
  override readonly name = 'BulkheadFullError';
}

/** The caller no longer waits, so the call is not made. */
export class DeadlineExceededError extends Error {
  override readonly name = 'DeadlineExceededError';
}

/** The smaller of `limitS` and what the caller still waits; throws DeadlineExceededError where nothing is left. */
export function secondsLeft(limitS: number): number {
  const deadline = currentRequest()?.deadline;
  const left = deadline === undefined ? limitS : Math.min(limitS, (deadline - performance.now()) / 1000);
  if (left <= 0) {
    throw new DeadlineExceededError("the caller's deadline has passed");
  }
  return left;
}

/** How many failures in a row open a breaker, and after how many seconds a probe may close it. */
export interface BreakerLimits {
  readonly failures: number;
  readonly resetS: number;
}

/** A breaker for one dependency, which opens on the errors that `counts` claims, and shows where it stands. */
export function makeBreaker(
  dependency: string,
  { failures, resetS }: BreakerLimits,
  counts: (error: unknown) => boolean,
): CircuitBreakerPolicy {
  const breaker = circuitBreaker(handleWhen(counts), {
    halfOpenAfter: resetS * 1000,
    breaker: new ConsecutiveBreaker(failures),
  });
  BREAKER_OPEN.set({ dependency }, 0);
  breaker.onBreak(() => BREAKER_OPEN.set({ dependency }, 1));
  breaker.onReset(() => BREAKER_OPEN.set({ dependency }, 0));
  return breaker;
}

/** At most `limit` calls at a time; one more is refused rather than queued without end. */
export class Bulkhead {
  private readonly policy: BulkheadPolicy;

  constructor(
    private readonly name: string,
    limit: number,
  ) {
    this.policy = bulkhead(limit, 0);
  }

  /** Do `call` in a slot; throws BulkheadFullError where all slots are taken. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.policy.execute(call);
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new BulkheadFullError(this.name, { cause: error }) : error;
    }
  }
}
