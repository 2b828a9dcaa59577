import { In, LessThan } from 'typeorm';

import type { Settings } from '../../config/configuration.js';
import { utcNow } from '../database/clock.js';
import { fromMoment, toMoment } from '../database/columns.js';
import { bytesOf, numberOf, sql, textOf, type Row } from '../database/sql.js';
import { OutboxMessage } from '../database/tables/index.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { OUTBOX_LAG, OUTBOX_PENDING } from '../observability/metrics.js';
import type { Message } from './envelope.js';

const MAX_BACKOFF_S = 60;

/** A row that this relay may publish until its lease ends. */
export interface Claimed extends Message {
  readonly position: number;
  readonly attempts: number;
}

/** The rows of the outbox as a relay sees them. */
export class OutboxTable {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly settings: Settings,
    private readonly isPostgresql: boolean,
  ) {}

  /** Take the first unpublished row of each key for the time of a lease; no other relay gets the same. */
  async claim(): Promise<readonly Claimed[]> {
    const now = utcNow();
    const lease = new Date(now.getTime() + this.settings.outbox_lease_s * 1000);
    const values = [toMoment(now), toMoment(lease), this.settings.outbox_batch];
    const { rows } = await this.unitOfWork.single((tx) =>
      sql(
        tx,
        `UPDATE outbox_messages SET attempts = attempts + 1, available_at = $2
          WHERE published_at IS NULL AND position IN (
            SELECT due.position FROM outbox_messages AS due
             WHERE due.published_at IS NULL AND due.available_at <= $1 AND NOT EXISTS (
               SELECT 1 FROM outbox_messages AS earlier
                WHERE earlier.ordering_key = due.ordering_key AND earlier.published_at IS NULL
                  AND earlier.position < due.position)
             ORDER BY due.position LIMIT $3 ${this.isPostgresql ? 'FOR UPDATE OF due SKIP LOCKED' : ''})
        RETURNING position, id, event_type, ordering_key, envelope, attempts`,
        values,
      ),
    );
    return rows.map(toClaimed).toSorted((one, other) => one.position - other.position);
  }

  /** Mark rows as published. */
  async settle(rows: readonly Claimed[]): Promise<void> {
    if (rows.length > 0) {
      const positions = rows.map((row) => row.position);
      await this.unitOfWork.single((tx) =>
        tx.update(OutboxMessage, { position: In(positions) }, { published_at: utcNow() }),
      );
    }
  }

  /** Let rows wait before they are tried again, longer each time. */
  async postpone(rows: readonly Claimed[]): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    const now = Date.now();
    await this.unitOfWork.run(async (tx) => {
      for (const { position, attempts } of rows) {
        const pause = Math.min(0.2 * 2 ** Math.min(attempts, 10), MAX_BACKOFF_S) * (0.5 + Math.random() / 2);
        await tx.update(OutboxMessage, { position }, { available_at: new Date(now + pause * 1000) });
      }
    });
  }

  /** How many rows wait; the gauges are brought up to date. */
  async pending(): Promise<number> {
    const query =
      'SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox_messages WHERE published_at IS NULL';
    const { rows } = await this.unitOfWork.single((tx) => sql(tx, query));
    const row = rows[0] ?? { waiting: 0, oldest: null };
    const waiting = numberOf(row, 'waiting');
    const oldest = row['oldest'];
    OUTBOX_PENDING.set(waiting);
    OUTBOX_LAG.set(
      typeof oldest === 'string' || oldest instanceof Date
        ? Math.max(0, (Date.now() - fromMoment(oldest).getTime()) / 1000)
        : 0,
    );
    return waiting;
  }

  /** Forget rows published before a moment; returns how many. */
  async purge(before: Date): Promise<number> {
    const result = await this.unitOfWork.single((tx) => tx.delete(OutboxMessage, { published_at: LessThan(before) }));
    return result.affected ?? 0;
  }
}

function toClaimed(row: Row): Claimed {
  return {
    position: numberOf(row, 'position'),
    attempts: numberOf(row, 'attempts'),
    id: textOf(row, 'id'),
    type: textOf(row, 'event_type'),
    key: textOf(row, 'ordering_key'),
    body: bytesOf(row, 'envelope'),
  };
}
