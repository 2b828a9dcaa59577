import { QueryFailedError } from 'typeorm';

/** The database, or a link to it, is away; it may come back, so the work is worth trying again. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
}

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
/** Shutdown, recovery, too many connections, cancelled by a timeout, lock not available, deadlock, serialization. */
const TRANSIENT = new Set(['57P01', '57P02', '57P03', '53300', '57014', '55P03', '40P01', '40001', '25006']);
const TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'not queryable',
  'Client was closed',
  'Client has encountered a connection error',
  'Cannot use a pool after',
  'database is locked',
  'connection timeout',
  'QueryRunnerAlreadyReleased',
  'already released',
];

/** Whether `error` says that the database is away or overloaded, not that the work is wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) {
    return true;
  }
  if (error instanceof AggregateError) {
    return error.errors.some(isOutage);
  }
  const code = codeOf(error);
  if (NETWORK.has(code) || TRANSIENT.has(code) || code.startsWith('08') || sqliteCodeOf(error) === SQLITE_BUSY) {
    return true;
  }
  return error instanceof Error && TEXTS.some((text) => `${error.name} ${error.message}`.includes(text));
}

/** Whether a unique value is taken. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505' || [1555, 2067].includes(sqliteCodeOf(error));
}

/** Whether the database refuses a change: unique, foreign key, check or not null. */
export function isIntegrityViolation(error: unknown): boolean {
  return codeOf(error).startsWith('23') || (sqliteCodeOf(error) & 0xff) === SQLITE_CONSTRAINT;
}

const SQLITE_BUSY = 5;
const SQLITE_CONSTRAINT = 19;

function codeOf(error: unknown): string {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

function sqliteCodeOf(error: unknown): number {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode : 0;
}
