import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BrokenCircuitError,
  CircuitState,
  DelegateBackoff,
  handleWhen,
  retry,
  type CircuitBreakerPolicy,
  type IRetryBackoffContext,
} from 'cockatiel';

import { currentRequestId, REQUEST_ID_HEADER } from '../../common/request-context.js';
import { describe, getLogger } from '../observability/logger.js';
import { DEPENDENCY_CALLS } from '../observability/http-metrics.js';
import { Bulkhead, CircuitOpenError, DEADLINE_HEADER, makeBreaker, secondsLeft } from './resilience.js';

const log = getLogger('http-client');
const tracer = trace.getTracer('http-client');

const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
const RETRIED_STATUSES = new Set([429, 502, 503, 504]);
const MAX_RETRY_AFTER_S = 30;

/** A dependency answered with an error, or did not answer in time. */
export class DependencyError extends Error {
  override readonly name = 'DependencyError';

  constructor(
    readonly dependency: string,
    detail: string,
    readonly status?: number,
    readonly retryAfterS?: number,
    cause?: unknown,
  ) {
    super(`${dependency}: ${detail}`, { cause });
  }

  /** Whether the same call may succeed later. */
  get isTransient(): boolean {
    return this.status === undefined || this.status >= 500 || this.status === 429;
  }
}

/** How one dependency is called, from the system's model. */
export interface Policy {
  readonly name: string;
  readonly timeout_s: number;
  readonly attempts: number;
  readonly backoff_s: number;
  readonly breaker_failures: number | null;
  readonly breaker_reset_s: number;
  readonly concurrency: number;
}

/** What a call sends. */
export interface CallOptions {
  readonly json?: unknown;
  readonly params?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  /** The ETag of the version that is to be changed. */
  readonly ifMatch?: string;
  readonly token?: string;
  /** Ends the call where its answer is wanted no more; that says nothing of the dependency. */
  readonly signal?: AbortSignal;
}

/** Where tokens of our own come from, for one dependency. */
export interface TokenSource {
  /** A token that still lives. */
  token(): Promise<string>;
  /** Another one than the dependency has just refused, if there can be one. */
  renewed(rejected: string): Promise<string | undefined>;
}

/** An HTTP client for one dependency, with its own timeout, retries, circuit breaker and bulkhead. `tokens` say who we are. */
export class DependencyClient {
  /** The breaker, where the policy has one. */
  readonly breaker: CircuitBreakerPolicy | undefined;
  private readonly bulkhead: Bulkhead;

  constructor(
    private readonly policy: Policy,
    private readonly baseUrl: string,
    private readonly tokens?: TokenSource,
    private readonly send: typeof fetch = fetch,
  ) {
    const { name, concurrency, breaker_failures: failures, breaker_reset_s: resetS } = policy;
    this.bulkhead = new Bulkhead(name, concurrency);
    this.breaker = failures === null ? undefined : makeBreaker(name, { failures, resetS }, isTransient);
  }

  /** Whether calls are refused now. */
  get isOpen(): boolean {
    return this.breaker?.state === CircuitState.Open;
  }

  /**
   * Call the dependency; only calls that are safe to repeat are repeated. Throws DependencyError where it failed after
   * all tries or refused the request, CircuitOpenError where it has failed too often of late, BulkheadFullError where
   * too many calls are in flight, and DeadlineExceededError where our own caller no longer waits.
   */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const isRepeatable = IDEMPOTENT_METHODS.has(method.toUpperCase()) || options.idempotencyKey !== undefined;
    const once = (): Promise<Response> => this.asOurselves(method, path, options);
    return await this.bulkhead.run(() => (isRepeatable ? this.retrying(once) : once()));
  }

  private retrying(call: () => Promise<Response>): Promise<Response> {
    const { attempts, backoff_s: backoffS } = this.policy;
    const backoff = new DelegateBackoff<IRetryBackoffContext<unknown>>(({ attempt, result }) => {
      const asked = 'error' in result && result.error instanceof DependencyError ? result.error.retryAfterS : undefined;
      const pauseS = asked ?? backoffS * Math.min(2 ** (attempt - 1), 16) + Math.random() * backoffS;
      return secondsLeft(pauseS) * 1000;
    });
    const policy = retry(handleWhen(isWorthRetrying), { maxAttempts: attempts - 1, backoff });
    return policy.execute(call);
  }

  /**
   * Send with a token of our own, where the call does not bring its caller's; once more with a new one where it is
   * refused, since it may have been withdrawn.
   */
  private async asOurselves(method: string, path: string, options: CallOptions): Promise<Response> {
    if (this.tokens === undefined || options.token !== undefined) {
      return await this.once(method, path, options);
    }
    const token = await this.tokens.token();
    try {
      return await this.once(method, path, { ...options, token });
    } catch (error) {
      const isRefused = error instanceof DependencyError && error.status === 401;
      const renewed = isRefused ? await this.tokens.renewed(token) : undefined;
      if (renewed === undefined) {
        throw error;
      }
      return await this.once(method, path, { ...options, token: renewed });
    }
  }

  private async once(method: string, path: string, options: CallOptions): Promise<Response> {
    const left = secondsLeft(this.policy.timeout_s);
    const started = performance.now();
    try {
      const response = await (this.breaker?.execute(() => this.request(method, path, options, left)) ??
        this.request(method, path, options, left));
      this.note(method, started, 'answered', response.status);
      return response;
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        throw new CircuitOpenError(this.policy.name, { cause: error });
      }
      const isKnown = error instanceof DependencyError;
      this.note(method, started, isKnown && !error.isTransient ? 'answered' : 'failed', isKnown ? error.status : undefined);
      throw error;
    }
  }

  /** One try, as a span of the caller's trace. */
  private async request(method: string, path: string, options: CallOptions, leftS: number): Promise<Response> {
    const { hostname, port, protocol } = new URL(this.baseUrl);
    const attributes = {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    };
    return await tracer.startActiveSpan(`${method} ${this.policy.name}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        const response = await this.exchange(method, path, options, leftS);
        span.setAttribute('http.response.status_code', response.status);
        return response;
      } catch (error) {
        if (error instanceof DependencyError && error.status !== undefined) {
          span.setAttribute('http.response.status_code', error.status);
        }
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  private async exchange(method: string, path: string, options: CallOptions, leftS: number): Promise<Response> {
    const { name } = this.policy;
    const url = new URL(this.baseUrl.replace(/\/$/, '') + path);
    Object.entries(options.params ?? {}).forEach(([key, value]) => url.searchParams.set(key, value));
    const headers: Record<string, string> = {
      [REQUEST_ID_HEADER]: currentRequestId(),
      [DEADLINE_HEADER]: String(Math.floor(leftS * 1000)),
      ...(options.idempotencyKey === undefined ? {} : { 'Idempotency-Key': options.idempotencyKey }),
      ...(options.ifMatch === undefined ? {} : { 'If-Match': options.ifMatch }),
      ...(options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` }),
      ...(options.json === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    propagation.inject(context.active(), headers);
    const body = options.json === undefined ? {} : { body: JSON.stringify(options.json) };
    let response: Response;
    try {
      const timeout = AbortSignal.timeout(Math.ceil(leftS * 1000));
      const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
      response = await this.send(url, { method, headers, signal, redirect: 'manual', ...body });
      if (response.status < 400) {
        // read within the time limit: headers alone are no answer
        return new Response(await contentOf(response), response);
      }
      await response.body?.cancel();
    } catch (error) {
      options.signal?.throwIfAborted();
      throw new DependencyError(name, describe(error), undefined, undefined, error);
    }
    throw new DependencyError(name, `answered ${response.status}`, response.status, retryAfterOf(response));
  }

  private note(method: string, started: number, outcome: 'answered' | 'failed', status?: number): void {
    const dependency = this.policy.name;
    const durationMs = Math.round((performance.now() - started) * 100) / 100;
    log.info('dependency.called', { dependency, method, outcome, status: status ?? null, duration_ms: durationMs });
    DEPENDENCY_CALLS.inc({ dependency, outcome });
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof DependencyError && error.isTransient;
}

function isWorthRetrying(error: unknown): boolean {
  return error instanceof DependencyError && (error.status === undefined || RETRIED_STATUSES.has(error.status));
}

async function contentOf(response: Response): Promise<ArrayBuffer | null> {
  const content = await response.arrayBuffer();
  return content.byteLength === 0 ? null : content;
}

function retryAfterOf(response: Response): number | undefined {
  const value = response.headers.get('Retry-After') ?? '';
  return /^\d+$/.test(value) ? Math.min(Number(value), MAX_RETRY_AFTER_S) : undefined;
}
