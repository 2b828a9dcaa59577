import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Database } from '../database/database.js';
import { EventBus } from '../event-bus/event-bus.js';
import { Reply } from '../idempotency/reply.js';
import { ServiceState } from '../service-state.js';
import { METRICS } from './http-metrics.js';

/** What Kubernetes and Prometheus ask: is it alive, is it ready, how does it do. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventBus) private readonly bus: EventBus,
    @Inject(ServiceState) private readonly state: ServiceState,
  ) {}

  /** The process answers; it says nothing of its neighbours, so that their faults never restart it. */
  @Get('/health/live')
  live(@Res() response: Response): void {
    Reply.json({ status: 'up' }).send(response);
  }

  /** Requests can be served: our own database answers. Without the broker they still can: the outbox keeps events. */
  @Get('/health/ready')
  async ready(@Res() response: Response): Promise<void> {
    const isUp = await this.database.isUp();
    const checks = { database: isUp ? 'up' : 'down', broker: this.bus.isUp ? 'up' : 'down' };
    const isReady = isUp && !this.state.isStopping;
    Reply.json({ status: isReady ? 'ready' : 'not ready', checks }, { status: isReady ? 200 : 503 }).send(response);
  }

  /** Metrics in Prometheus' text format. */
  @Get('/metrics')
  async metrics(@Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', METRICS.contentType);
    response.end(await METRICS.metrics());
  }
}
