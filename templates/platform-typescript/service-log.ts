import type { LoggerService } from '@nestjs/common';

import { describe, getLogger } from './logger.js';

const OF_FRAMEWORK = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** What the application says by Nest's Logger, as records; which routes and modules exist is in the source. */
export class ServiceLog implements LoggerService {
  private readonly own = getLogger('application');

  log(message: unknown, ...context: unknown[]): void {
    if (!OF_FRAMEWORK.has(String(context.at(-1)))) {
      this.own.info('application.log', fieldsOf(message, context));
    }
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.own.debug('application.debug', fieldsOf(message, context));
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.own.debug('application.verbose', fieldsOf(message, context));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.own.warning('application.warning', fieldsOf(message, context));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.own.error('application.error', fieldsOf(message, context));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.own.error('application.fatal', fieldsOf(message, context));
  }
}

/** An object keeps its shape, so that what is secret in it is masked by its key. */
function fieldsOf(message: unknown, context: unknown[]): Record<string, unknown> {
  return { detail: message instanceof Error ? describe(message) : message, context: context.map(String) };
}
