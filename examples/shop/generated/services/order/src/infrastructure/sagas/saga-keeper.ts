import { setTimeout as sleep } from 'node:timers/promises';

import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';

import { NotFoundError } from '../../common/problems.js';
import { utcNow } from '../database/clock.js';
import { toMoment } from '../database/columns.js';
import { numberOf, sql, textOf } from '../database/sql.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { describe, getLogger } from '../observability/logger.js';
import { SAGA_RUNS } from '../observability/metrics.js';
import { SagaEntry, SagaRun } from './saga-run.entity.js';
import { ACTIVE } from './saga-runs.js';

const log = getLogger('sagas');

const POLL_MS = 500;
const MEASURE_EVERY = 10;
const PURGE_EVERY = 7200;

/** How long a run that has ended can be looked at. One that an operator had a hand in stays: its history is an audit trail. */
const RETENTION_MS = 90 * 24 * 3_600_000;
const PURGE_BATCH = 1000;

/** A run, and its history in order. */
export interface RunView {
  readonly run: SagaRun;
  readonly history: readonly SagaEntry[];
}

/** The keepers of a service's sagas, of either style. */
export const SAGA_KEEPERS = Symbol('SAGA_KEEPERS');

/** Keeps the runs of some sagas going; any number of replicas may do so beside each other. */
export abstract class SagaKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  protected constructor(
    protected readonly unitOfWork: UnitOfWork,
    protected readonly isPostgresql: boolean,
    readonly sagas: readonly string[],
  ) {}

  /** Set a stuck run going again, in the direction that it had; throws SagaConflictError where it is not stuck. */
  abstract retry(tx: EntityManager, id: string, actor: string): Promise<void>;

  /** Turn a run around before its pivot; throws SagaConflictError where it has ended or can only go forward. */
  abstract abort(tx: EntityManager, id: string, actor: string, reason: string): Promise<void>;

  /** Act on one overdue run; whether there was any. */
  protected abstract expireOne(tx: EntityManager): Promise<boolean>;

  /** Act on every run that is overdue; returns how many there were. */
  async expire(): Promise<number> {
    let found = 0;
    while (await this.unitOfWork.run((tx) => this.expireOne(tx))) {
      found += 1;
    }
    return found;
  }

  /** Forget runs that ended before a moment and that no operator touched, with their histories; returns how many. */
  async purge(before: Date): Promise<number> {
    for (let found = 0; ; ) {
      const ended = await this.unitOfWork.run(async (tx) => {
        const ids = await this.ended(tx, before);
        await this.forget(tx, ids);
        return ids.length;
      });
      found += ended;
      if (ended < PURGE_BATCH) {
        return found;
      }
    }
  }

  /** A run and its history; throws NotFoundError where there is none. */
  async view(tx: EntityManager, id: string): Promise<RunView> {
    const run = await tx.findOneBy(SagaRun, { id });
    if (run === null) {
      throw new NotFoundError('saga', id);
    }
    const history = await tx.find(SagaEntry, { where: { saga_id: id }, order: { position: 'ASC' } });
    return { run, history };
  }

  onApplicationBootstrap(): void {
    this.loop = this.sweep();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  /** The id of the run that is most overdue, locked where that is asked for: then one that another replica holds is left to it. */
  protected async overdue(tx: EntityManager, { isLocked = false } = {}): Promise<string | undefined> {
    const places = this.sagas.map((_, index) => `$${index + 2}`).join(', ');
    const statement = `SELECT id FROM sagas
      WHERE state IN ('running', 'compensating') AND due_at <= $1 AND saga IN (${places})
      ORDER BY due_at LIMIT 1${isLocked && this.isPostgresql ? ' FOR UPDATE SKIP LOCKED' : ''}`;
    const [row] = (await sql(tx, statement, [toMoment(utcNow()), ...this.sagas])).rows;
    return row === undefined ? undefined : textOf(row, 'id');
  }

  /** Delete runs and what belongs to them. */
  protected async forget(tx: EntityManager, ids: readonly string[]): Promise<void> {
    await tx.delete(SagaEntry, { saga_id: In([...ids]) });
    await tx.delete(SagaRun, { id: In([...ids]) });
  }

  private async ended(tx: EntityManager, before: Date): Promise<readonly string[]> {
    const places = this.sagas.map((_, index) => `$${index + 3}`).join(', ');
    const statement = `SELECT id FROM sagas
      WHERE state IN ('completed', 'compensated') AND updated_at < $1 AND saga IN (${places})
        AND NOT EXISTS (SELECT 1 FROM saga_entries WHERE saga_entries.saga_id = sagas.id AND saga_entries.actor IS NOT NULL)
      LIMIT $2`;
    const { rows } = await sql(tx, statement, [toMoment(before), PURGE_BATCH, ...this.sagas]);
    return rows.map((row) => textOf(row, 'id'));
  }

  private async sweep(): Promise<void> {
    const { signal } = this.stopping;
    for (let turn = 0; !signal.aborted; turn += 1) {
      try {
        await this.expire();
        if (turn % MEASURE_EVERY === 0) {
          await this.measure();
        }
        if (turn % PURGE_EVERY === 0) {
          await this.purge(new Date(Date.now() - RETENTION_MS));
        }
      } catch (error) {
        log.warning('saga.sweep_failed', { error: describe(error) });
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async measure(): Promise<void> {
    const statement = `SELECT saga, state, count(*) AS count FROM sagas
      WHERE state NOT IN ('completed', 'compensated') GROUP BY saga, state`;
    const { rows } = await this.unitOfWork.single((tx) => sql(tx, statement));
    const counted = new Map(rows.map((row) => [`${textOf(row, 'saga')} ${textOf(row, 'state')}`, numberOf(row, 'count')]));
    for (const saga of this.sagas) {
      ACTIVE.forEach((state) => SAGA_RUNS.set({ saga, state }, counted.get(`${saga} ${state}`) ?? 0));
    }
  }
}
