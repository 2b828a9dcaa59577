import { setTimeout as sleep } from 'node:timers/promises';

import type { Settings } from '../config/configuration.js';
import type { Inbox } from './event-bus/inbox.js';
import type { OutboxRelay } from './event-bus/outbox-relay.js';
import type { Idempotency } from './idempotency/idempotency.js';
import { describe, getLogger } from './observability/logger.js';

const log = getLogger('housekeeping');
const INTERVAL_MS = 600_000;
const HOUR_MS = 3_600_000;

/** Forgets what is no longer needed: published events, handled messages, old idempotency keys. */
export class Housekeeping {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly relay: OutboxRelay,
    private readonly inbox: Inbox,
    private readonly idempotency: Idempotency,
    private readonly settings: Settings,
  ) {}

  /** Delete what is past its retention; returns how many rows went. */
  async sweep(): Promise<number> {
    const retention = new Date(Date.now() - this.settings.retention_hours * HOUR_MS);
    const keys = new Date(Date.now() - this.settings.idempotency_retention_hours * HOUR_MS);
    const [events, messages] = [await this.relay.purge(retention), await this.inbox.purge(retention)];
    return events + messages + (await this.idempotency.purge(keys));
  }

  /** Sweep now and then, until the service stops. */
  start(): void {
    this.loop = this.run();
  }

  /** End after the sweep in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        log.info('housekeeping.swept', { rows: await this.sweep() });
      } catch (error) {
        log.warning('housekeeping.failed', { error: describe(error) });
      }
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
