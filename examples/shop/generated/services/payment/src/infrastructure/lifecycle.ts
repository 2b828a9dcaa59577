import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';

import { isAuthOn, SETTINGS, type Settings } from '../config/configuration.js';
import { Database } from './database/database.js';
import { EventBus } from './event-bus/event-bus.js';
import { EventHandlers } from './event-bus/event-handlers/event-handlers.js';
import { OutboxRelay } from './event-bus/outbox-relay.js';
import { Housekeeping } from './housekeeping.js';
import { getLogger } from './observability/logger.js';
import { beginSeries } from './observability/series.js';
import { flushTelemetry } from './observability/telemetry.js';
import { Limiter } from './rate-limit/limiter.js';
import { ServiceState } from './service-state.js';

const log = getLogger('lifecycle');

/** Starts the parts that run by themselves, and stops them in order once the last request has its answer. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(Database) private readonly database: Database,
    @Inject(EventBus) private readonly bus: EventBus,
    @Inject(EventHandlers) private readonly handlers: EventHandlers,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
    @Inject(Limiter) private readonly limiter: Limiter,
    @Inject(ServiceState) private readonly state: ServiceState,
  ) {}

  /** The HTTP server is not open yet. */
  async onApplicationBootstrap(): Promise<void> {
    if (!isAuthOn(this.settings)) {
      log.warning('auth.off', { hint: 'set AUTH_JWKS_URL and AUTH_ISSUER to check tokens' });
    }
    beginSeries();
    await this.bus.start(this.handlers.create());
    this.relay.start();
    this.housekeeping.start();
    log.info('service.started', { environment: this.settings.environment });
  }

  /** The signal has come; requests in hand go on. */
  onModuleDestroy(): void {
    this.state.isStopping = true;
    log.info('service.stopping');
  }

  /** The HTTP server is closed. */
  async onApplicationShutdown(): Promise<void> {
    const graceS = this.settings.shutdown_grace_s / 2;
    await this.housekeeping.stop();
    await within(graceS, this.bus.stopConsuming());
    await this.relay.stop(graceS);
    await within(graceS, this.bus.close());
    this.limiter.close();
    await within(graceS, this.database.close());
    await flushTelemetry();
    log.info('service.stopped');
  }
}

/** Wait for `work`, but not for ever. */
async function within(seconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
