import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';

import { ProblemFilter } from '../common/filters/problem.filter.js';
import { AuthGuard } from '../common/guards/auth.guard.js';
import { RateLimitGuard } from '../common/guards/rate-limit.guard.js';
import { SchemaPipe } from '../common/pipes/schema.pipe.js';
import { isAuthOn, SETTINGS, type Settings } from '../config/configuration.js';
import { Database } from './database/database.js';
import { UnitOfWork } from './database/unit-of-work.js';
import { createEventBus } from './event-bus/create-event-bus.js';
import { EventBus } from './event-bus/event-bus.js';
import { Inbox } from './event-bus/inbox.js';
import { OutboxRelay } from './event-bus/outbox-relay.js';
import { Housekeeping } from './housekeeping.js';
import { Idempotency } from './idempotency/idempotency.js';
import { HealthController } from './observability/health.controller.js';
import { Limiter } from './rate-limit/limiter.js';
import { TokenVerifier } from './security/token-verifier.js';
import { ServiceState } from './service-state.js';

const PARTS: Provider[] = [
  ServiceState,
  { provide: Database, useFactory: (settings: Settings) => new Database(settings), inject: [SETTINGS] },
  { provide: UnitOfWork, useFactory: (database: Database) => new UnitOfWork(database), inject: [Database] },
  { provide: EventBus, useFactory: createEventBus, inject: [SETTINGS] },
  { provide: Inbox, useFactory: (unitOfWork: UnitOfWork) => new Inbox(unitOfWork), inject: [UnitOfWork] },
  { provide: Limiter, useFactory: (settings: Settings) => new Limiter(settings), inject: [SETTINGS] },
  {
    provide: TokenVerifier,
    useFactory: (settings: Settings) => (isAuthOn(settings) ? new TokenVerifier(settings) : undefined),
    inject: [SETTINGS],
  },
  {
    provide: Idempotency,
    useFactory: (unitOfWork: UnitOfWork, database: Database) => new Idempotency(unitOfWork, database.isPostgresql),
    inject: [UnitOfWork, Database],
  },
  {
    provide: OutboxRelay,
    useFactory: (database: Database, unitOfWork: UnitOfWork, bus: EventBus, settings: Settings) =>
      new OutboxRelay(database, unitOfWork, bus, settings),
    inject: [Database, UnitOfWork, EventBus, SETTINGS],
  },
  {
    provide: Housekeeping,
    useFactory: (relay: OutboxRelay, inbox: Inbox, idempotency: Idempotency, settings: Settings) =>
      new Housekeeping(relay, inbox, idempotency, settings),
    inject: [OutboxRelay, Inbox, Idempotency, SETTINGS],
  },
];

/** In the order in which they ask a request: who calls comes before how often. */
const GLOBALS: Provider[] = [
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_PIPE, useClass: SchemaPipe },
  {
    provide: APP_GUARD,
    useFactory: (verifier: TokenVerifier | undefined) => new AuthGuard(verifier),
    inject: [TokenVerifier],
  },
  { provide: APP_GUARD, useFactory: (limiter: Limiter) => new RateLimitGuard(limiter), inject: [Limiter] },
];

/** Adapters to everything outside the domains, for every module of the service. */
@Global()
@Module({})
export class InfrastructureModule {
  /** The adapters that these settings describe. */
  static register(settings: Settings): DynamicModule {
    const configured: Provider = { provide: SETTINGS, useValue: settings };
    const exported = [SETTINGS, ServiceState, Database, UnitOfWork, EventBus, Inbox, Limiter, Idempotency, OutboxRelay];
    return {
      module: InfrastructureModule,
      controllers: [HealthController],
      providers: [configured, ...PARTS, ...GLOBALS],
      exports: [...exported, Housekeeping, TokenVerifier],
    };
  }
}
