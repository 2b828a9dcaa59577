import { setTimeout } from 'node:timers/promises';

import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import type { Database } from '../database/database.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { describe, getLogger } from '../observability/logger.js';
import { EVENTS_PUBLISHED } from '../observability/metrics.js';
import { openEnvelope, spanAttributes, subjectOf, traceOf, type Message } from './envelope.js';
import type { EventBus } from './event-bus.js';
import { hasEnqueued } from './outbox.js';
import { OutboxTable, type Claimed } from './outbox-table.js';

const log = getLogger('outbox');
const tracer = trace.getTracer('outbox');

/**
 * How long a busy relay lets events gather, as small batches cost as much as large ones: the longer, the more the last
 * batch held, so that a lonely event hardly waits. A key's backlog never does.
 */
const LINGER_MS = 50;
const LINGER_PER_EVENT_MS = 5;

/**
 * Transactional outbox (Richardson, Microservices Patterns, ch. 3): publishes pending rows; any number may run beside
 * each other. Rows are claimed with a lease, published, and marked once the broker has confirmed. A relay that dies
 * between the two sends again after the lease; the consumer's inbox makes that harmless. Rows of one key go out in the
 * order of their commits: a row waits while an earlier one of its key is unpublished.
 */
export class OutboxRelay {
  private readonly table: OutboxTable;
  private loop: Promise<void> = Promise.resolve();
  private isStopping = false;
  private isWoken = false;
  private wake: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;
  private measureAt = 0;
  private lingerMs = 0;
  private lastKeys: ReadonlySet<string> = new Set();

  constructor(
    database: Database,
    unitOfWork: UnitOfWork,
    private readonly bus: EventBus,
    private readonly settings: Settings,
  ) {
    this.table = new OutboxTable(unitOfWork, settings, database.isPostgresql);
    this.listen = () =>
      unitOfWork.onCommit((tx) => {
        if (hasEnqueued(tx)) {
          this.isWoken = true;
          this.wake();
        }
      });
  }

  private readonly listen: () => () => void;

  /** Run in the background, woken by each commit that enqueued something, and by a poll for what others left. */
  start(): void {
    this.unsubscribe = this.listen();
    this.loop = this.run();
  }

  /** Publish what is pending for up to `drainS` seconds, then stop; the rest stays safe in its table. */
  async stop(drainS: number): Promise<void> {
    this.isStopping = true;
    this.unsubscribe();
    this.wake();
    await this.loop;
    const endsAt = performance.now() + drainS * 1000;
    try {
      while (this.bus.isUp && performance.now() < endsAt && (await this.publishBatch()) > 0) {
        // each round publishes a batch
      }
    } catch (error) {
      log.warning('outbox.drain_incomplete', { error: describe(error) });
    }
  }

  /** Claim, publish and mark one batch; returns how many were published. */
  async publishBatch(): Promise<number> {
    const claimed = await this.table.claim();
    const hasBacklog = claimed.length >= this.settings.outbox_batch || claimed.some((row) => this.lastKeys.has(row.key));
    this.lingerMs = hasBacklog ? 0 : Math.min(LINGER_MS, LINGER_PER_EVENT_MS * claimed.length);
    this.lastKeys = new Set(claimed.map((row) => row.key));
    const outcomes = await Promise.all(claimed.map(async (row) => ({ row, isSent: await this.publish(row) })));
    const sent = outcomes.filter(({ isSent }) => isSent).map(({ row }) => row);
    await this.table.settle(sent);
    await this.table.postpone(outcomes.filter(({ isSent }) => !isSent).map(({ row }) => row));
    return sent.length;
  }

  /** How many rows wait; the gauges are brought up to date. */
  pending(): Promise<number> {
    return this.table.pending();
  }

  /** Forget rows published before a moment; returns how many. */
  purge(before: Date): Promise<number> {
    return this.table.purge(before);
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      let published = 0;
      this.isWoken = false;
      try {
        published = this.bus.isUp ? await this.publishBatch() : 0;
        await this.measure();
      } catch (error) {
        log.warning('outbox.unavailable', { error: describe(error) });
      }
      if (published === 0) {
        await this.rest();
      } else if (this.lingerMs > 0 && !this.isStopping) {
        await setTimeout(this.lingerMs);
      }
    }
  }

  private rest(): Promise<void> {
    if (this.isStopping || this.isWoken) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = globalThis.setTimeout(resolve, this.settings.outbox_poll_s * 1000 * (0.75 + Math.random() / 2));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Bring the gauges up to date, but not after every batch: counting costs as much as publishing. */
  private async measure(): Promise<void> {
    if (performance.now() >= this.measureAt) {
      this.measureAt = performance.now() + this.settings.outbox_poll_s * 1000;
      await this.table.pending();
    }
  }

  private async publish(row: Claimed): Promise<boolean> {
    try {
      const envelope = openEnvelope(row);
      const parent = propagation.extract(context.active(), traceOf(envelope));
      const message: Message = { id: envelope.id, type: row.type, key: row.key, body: row.body, channel: this.bus.channel(row.type) };
      const about = { kind: SpanKind.PRODUCER, attributes: spanAttributes(message, 'publish') };
      await tracer.startActiveSpan(`publish ${row.type}`, about, parent, async (span) => {
        try {
          await this.bus.publish(message);
          log.info('event.published', { event_id: message.id, event_type: row.type, subject: subjectOf(row) });
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
    } catch (error) {
      EVENTS_PUBLISHED.inc({ event: row.type, outcome: 'failed' });
      log.warning('outbox.publish_failed', { event_id: row.id, attempts: row.attempts, error: describe(error) });
      return false;
    }
    EVENTS_PUBLISHED.inc({ event: row.type, outcome: 'confirmed' });
    return true;
  }
}
