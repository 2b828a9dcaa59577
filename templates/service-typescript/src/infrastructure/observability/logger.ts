import type { LoggerService } from '@nestjs/common';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { destination, pino, type DestinationStream, type Logger as Pino } from 'pino';

import { currentRequest } from '../../common/request-context.js';
import type { Settings } from '../../config/configuration.js';
import { SENSITIVE_FIELDS, SERVICE_NAME } from '../../config/service.js';

const MASK = '***';
const MAX_DEPTH = 10;
const LEVELS = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

/** What a log record tells beside its event. */
export type Fields = Readonly<Record<string, unknown>>;

let root = create(destination({ fd: 1, sync: true }));

/** Send all logs to standard output, or to `stream`, from the level that the settings name. */
export function configureLogging(settings: Settings, stream?: DestinationStream): void {
  root = create(stream ?? destination({ fd: 1, sync: true }));
  root.level = LEVELS[settings.log_level];
}

/** Structured logs: one JSON object a line, with request and trace ids, and never personal data or secrets. */
export class Log {
  constructor(private readonly name: string) {}

  /** What helps to find a fault. */
  debug(event: string, fields: Fields = {}): void {
    root.debug(this.record(fields), event);
  }

  /** What happened. */
  info(event: string, fields: Fields = {}): void {
    root.info(this.record(fields), event);
  }

  /** What went wrong and is dealt with. */
  warning(event: string, fields: Fields = {}): void {
    root.warn(this.record(fields), event);
  }

  /** What went wrong and needs a person. */
  error(event: string, fields: Fields = {}): void {
    root.error(this.record(fields), event);
  }

  private record(fields: Fields): Fields {
    const request = currentRequest();
    const span = trace.getActiveSpan()?.spanContext();
    return {
      ...maskSensitive(fields),
      logger: `${SERVICE_NAME}.${this.name}`,
      ...(request === undefined ? {} : { request_id: request.requestId }),
      ...(span !== undefined && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}),
    };
  }
}

/** A logger that names where its records come from. */
export function getLogger(name: string): Log {
  return new Log(name);
}

/** The fields with values under sensitive keys masked, at any depth. */
export function maskSensitive(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, masked(key, value, 0)]));
}

/** An error in one line, for a record that needs no stack. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(describe).join('; ');
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** An error with its stack, for a record that a person will read. */
export function exceptionOf(error: unknown): Fields[] {
  if (!(error instanceof Error)) {
    return [{ exc_type: typeof error, exc_value: String(error), frames: [] }];
  }
  const frames = (error.stack ?? '').split('\n').slice(1, 21);
  const own = { exc_type: error.name, exc_value: error.message, frames: frames.map((frame) => frame.trim()) };
  return error.cause === undefined ? [own] : [own, ...exceptionOf(error.cause)];
}

/** What Nest itself has to say, among our own records. */
export class FrameworkLog implements LoggerService {
  private readonly own = getLogger('framework');

  log(): void {
    // which routes and modules exist is in the source
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.own.debug('framework.debug', { detail: String(message), context: context.map(String) });
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.own.warning('framework.warning', { detail: String(message), context: context.map(String) });
  }

  error(message: unknown, ...context: unknown[]): void {
    this.own.error('framework.error', { detail: String(message), context: context.map(String) });
  }
}

function create(stream: DestinationStream): Pino {
  const options = {
    messageKey: 'event',
    base: { service: SERVICE_NAME },
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label === 'warn' ? 'warning' : label }) },
  };
  return pino(options, stream);
}

function masked(key: string, value: unknown, depth: number): unknown {
  if (SENSITIVE_FIELDS.has(key.toLowerCase())) {
    return MASK;
  }
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH || value instanceof Date) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((inner: unknown) => masked('', inner, depth + 1));
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(name, inner, depth + 1)]));
}
