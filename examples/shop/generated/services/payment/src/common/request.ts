import type { Request } from 'express';

import type { ProblemError } from './problems.js';

/** What the middleware has learned of a request. */
interface Received {
  readonly body: Buffer;
  readonly fault: ProblemError | undefined;
}

const bodies = new WeakMap<Request, Received>();
const principals = new WeakMap<Request, string>();

/** Caller of an operation that needs no token. */
export const ANONYMOUS = 'anonymous';

/** Keep the body as it came, and what is wrong with it. */
export function keepBody(request: Request, body: Buffer, fault?: ProblemError): void {
  bodies.set(request, { body, fault });
}

/** The body as it came. */
export function bodyOf(request: Request): Buffer {
  return bodies.get(request)?.body ?? Buffer.alloc(0);
}

/** Why the body cannot be understood, if it cannot. */
export function bodyFaultOf(request: Request): ProblemError | undefined {
  return bodies.get(request)?.fault;
}

/** Say who calls. */
export function setPrincipal(request: Request, subject: string): void {
  principals.set(request, subject);
}

/** The subject of the caller, once authenticated. */
export function principalOf(request: Request): string {
  return principals.get(request) ?? ANONYMOUS;
}

/** The path of a request, without its query. */
export function pathOf(request: Request): string {
  return request.originalUrl.split('?', 1)[0] ?? '/';
}

/** The query of a request as it came, without the question mark. */
export function queryOf(request: Request): string {
  const at = request.originalUrl.indexOf('?');
  return at < 0 ? '' : request.originalUrl.slice(at + 1);
}
