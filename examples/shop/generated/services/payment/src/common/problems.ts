/** Media type of problem details (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** Titles of the statuses that a caller may be told of. */
export const TITLES: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** What is wrong with one part of a request. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** A field problem, and whether it is a header that is not there. */
export interface Fault extends FieldProblem {
  readonly isMissing?: boolean;
}

/** Problem details (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string | null;
  readonly errors: readonly FieldProblem[];
}

/** Base of all refusals that a caller is told of. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
    readonly errors: readonly FieldProblem[] = [],
  ) {
    super(detail);
    this.name = new.target.name;
  }
}

/** There is no such thing. */
export class NotFoundError extends ProblemError {
  constructor(what: string, identity: unknown) {
    super(
      404,
      'not-found',
      `there is no ${what} ${typeof identity === 'string' ? identity : JSON.stringify(identity)}`,
    );
  }
}

/** The transition does not start from the state that the thing is in. */
export class StateConflictError extends ProblemError {
  constructor(
    what: string,
    readonly state: string,
    readonly transition: string,
    sources: readonly string[],
  ) {
    super(409, 'state-conflict', `cannot ${transition} a ${what} that is ${state}; it must be ${sources.join(' or ')}`);
  }
}

/** A saga forbids it: one that runs, or one that is not where the call needs it to be. */
export class SagaConflictError extends ProblemError {
  constructor(detail: string) {
    super(409, 'saga-conflict', detail);
  }
}

/** The change would break a rule that always holds. */
export class InvariantError extends ProblemError {
  constructor(detail: string) {
    super(422, 'invariant', detail);
  }
}

/** A unique value is taken, or something that is referred to does not exist or is still referred to. */
export class AlreadyExistsError extends ProblemError {
  constructor(detail = 'a unique value is taken, or something that is referred to is missing or still in use') {
    super(409, 'conflict', detail);
  }
}

/** The thing has changed since the caller read it. */
export class VersionMismatchError extends ProblemError {
  constructor(what: string, version: number) {
    super(412, 'version-mismatch', `the ${what} is at version ${version}; read it again and repeat the change`);
  }
}

/** Another request changed the thing between our reading and our writing. */
export class ConcurrentChangeError extends ProblemError {
  constructor() {
    const detail = 'another request changed it at the same time; read it again and repeat the change';
    super(409, 'concurrent-change', detail, { 'Retry-After': '0' });
  }
}

/** The first request with this key is still in flight. */
export class IdempotencyConflictError extends ProblemError {
  constructor(key: string) {
    const detail = `a request with Idempotency-Key ${key} is in flight; retry`;
    super(409, 'idempotency-in-flight', detail, { 'Retry-After': '1' });
  }
}

/** The key belongs to another request. */
export class IdempotencyKeyReusedError extends ProblemError {
  constructor(key: string) {
    super(422, 'idempotency-key-reused', `Idempotency-Key ${key} was used for another request; use a new key`);
  }
}

/** The caller is not known. */
export class UnauthorizedError extends ProblemError {
  constructor(detail: string) {
    super(401, 'unauthorized', detail, { 'WWW-Authenticate': 'Bearer' });
  }
}

/** The caller may not do this. */
export class ForbiddenError extends ProblemError {
  constructor(missing: readonly string[]) {
    const scopes = missing.join(' ');
    super(403, 'forbidden', `the token lacks the scope ${scopes}`, {
      'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scopes}"`,
    });
  }
}

/** Tokens cannot be checked now. */
export class IssuerUnavailableError extends ProblemError {
  constructor() {
    const detail = "the token issuer's keys cannot be fetched; retry later";
    super(503, 'issuer-unavailable', detail, { 'Retry-After': '5' });
  }
}

/** The caller is over the limit. */
export class TooManyRequestsError extends ProblemError {
  constructor(limit: string, retryAfterS: number) {
    const headers = { 'Retry-After': String(retryAfterS) };
    super(429, 'rate-limited', `the limit is ${limit}; retry in ${retryAfterS} s`, headers);
  }
}

/** The body is too large. */
export class PayloadTooLargeError extends ProblemError {
  constructor(limit: number) {
    super(413, 'payload-too-large', `the body is larger than ${limit} bytes`);
  }
}

/** Parts of the request are not valid. */
export class InvalidRequestError extends ProblemError {
  constructor(readonly faults: readonly Fault[]) {
    const errors = faults.slice(0, 20).map(({ pointer, detail }) => ({ pointer, detail }));
    const [first] = errors;
    const one = first === undefined ? 'the request is not valid' : `${first.pointer}: ${first.detail}`;
    const detail = faults.length > 1 ? `${faults.length} parts of the request are not valid` : one;
    super(statusOf(faults), 'invalid-request', detail, {}, errors);
  }
}

/** The problem as it is sent. */
export function toProblem(error: ProblemError, instance: string | null): Problem {
  const { status, kind, detail, errors } = error;
  return { type: `urn:problem:${kind}`, title: TITLES[status] ?? 'Error', status, detail, instance, errors };
}

function statusOf(faults: readonly Fault[]): number {
  const missing = new Set(faults.filter((fault) => fault.isMissing).map((fault) => fault.pointer.toLowerCase()));
  if (missing.has('/header/idempotency-key') || faults.some((fault) => fault.detail === MALFORMED_JSON)) {
    return 400;
  }
  return missing.has('/header/if-match') ? 428 : 422;
}

/** What a caller is told whose body is not JSON. */
export const MALFORMED_JSON = 'JSON decode error';
