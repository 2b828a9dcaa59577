import { setImmediate } from 'node:timers/promises';

import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';

import { isIntegrityViolation, isOutage } from '../../infrastructure/database/outage.js';
import { DependencyError } from '../../infrastructure/http-client/dependency-client.js';
import {
  BulkheadFullError,
  CircuitOpenError,
  DeadlineExceededError,
} from '../../infrastructure/http-client/resilience.js';
import { describe, exceptionOf, getLogger } from '../../infrastructure/observability/logger.js';
import { AlreadyExistsError, InvalidRequestError, ProblemError, TITLES, type Fault } from '../problems.js';
import { currentRequest } from '../request-context.js';
import { sendProblem } from '../send-problem.js';

const log = getLogger('problems');
const PLACES = ['/path', '/query', '/header', '/body'];

/** Answers every error as problem details (RFC 9457): a type, a title, a status and what to do. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const problem = problemOf(error);
    const whole = problem instanceof InvalidRequestError ? await withAllFaults(problem) : problem;
    sendProblem(whole, http.getRequest<Request>(), http.getResponse<Response>());
  }
}

/** What the caller is told of an error. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  const status = statusOf(error);
  if (status !== undefined && status < 500) {
    const title = TITLES[status] ?? 'Bad Request';
    return new ProblemError(status, title.toLowerCase().replaceAll(' ', '-'), title);
  }
  if (isIntegrityViolation(error)) {
    log.info('database.integrity', { error: error instanceof Error ? error.name : 'unknown' });
    return new AlreadyExistsError();
  }
  if (isOutage(error)) {
    log.warning('database.unavailable', { error: describe(error) });
    const detail = 'the database is not reachable; retry later with the same Idempotency-Key';
    return new ProblemError(503, 'unavailable', detail, { 'Retry-After': '1' });
  }
  if (isDependencyOutage(error)) {
    log.warning('dependency.unavailable', { error: describe(error) });
    const detail = 'a service that this one needs is not reachable; retry later with the same Idempotency-Key';
    return new ProblemError(503, 'dependency-unavailable', detail, { 'Retry-After': '1' });
  }
  log.error('http.unhandled', { exception: exceptionOf(error) });
  return new ProblemError(500, 'internal', 'something went wrong on our side; the request id leads to the logs');
}

/** Whether the same call may succeed once a neighbour is well again; what it refuses is for the rules to answer. */
function isDependencyOutage(error: unknown): boolean {
  const isOutOfReach = [CircuitOpenError, BulkheadFullError, DeadlineExceededError].some((kind) => error instanceof kind);
  return isOutOfReach || (error instanceof DependencyError && error.isTransient);
}

/** The status of an error that Nest or Express raises by itself. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) {
    return error.getStatus();
  }
  if (error instanceof URIError) {
    return 400;
  }
  const hasStatus = error instanceof Error && 'status' in error && 'expose' in error;
  return hasStatus && typeof error.status === 'number' ? error.status : undefined;
}

/** One refusal for all parts of the request: their pipes run side by side, and only the first to fail is caught. */
async function withAllFaults(error: InvalidRequestError): Promise<InvalidRequestError> {
  await setImmediate();
  const faults: readonly Fault[] = currentRequest()?.faults ?? [];
  if (faults.length <= error.faults.length) {
    return error;
  }
  return new InvalidRequestError(faults.toSorted((one, other) => placeOf(one) - placeOf(other)));
}

function placeOf(fault: Fault): number {
  return PLACES.findIndex((name) => fault.pointer.startsWith(name));
}
