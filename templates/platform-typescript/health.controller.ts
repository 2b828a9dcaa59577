import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';

import { METRICS } from './http-metrics.js';
import { heldChecks } from './readiness.js';
import { ServiceState } from './service-state.js';

/** What Kubernetes and Prometheus ask: is it alive, is it ready, how does it do. */
@Controller()
export class HealthController {
  constructor(@Inject(ServiceState) private readonly state: ServiceState) {}

  /** The process answers; it says nothing of its neighbours, so that their faults never restart it. */
  @Get('health/live')
  live(): { status: string } {
    return { status: 'up' };
  }

  /** Requests can be served: everything that was named to `readyWhen` holds. */
  @Get('health/ready')
  async ready(@Res() response: Response): Promise<void> {
    const held = await heldChecks();
    const isReady = Object.values(held).every(Boolean) && !this.state.isStopping;
    const checks = Object.fromEntries(Object.entries(held).map(([name, holds]) => [name, holds ? 'up' : 'down']));
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready', checks });
  }

  /** Metrics in Prometheus' text format. */
  @Get('metrics')
  async metrics(@Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', METRICS.contentType);
    response.end(await METRICS.metrics());
  }
}
