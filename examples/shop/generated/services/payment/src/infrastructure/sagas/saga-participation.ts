import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { LessThan, type EntityManager } from 'typeorm';
import { ZodError } from 'zod';

import { ConcurrentChangeError, ProblemError } from '../../common/problems.js';
import { utcNow } from '../database/clock.js';
import { toMoment } from '../database/columns.js';
import { isIntegrityViolation } from '../database/outage.js';
import { sql } from '../database/sql.js';
import { lockForUpdate, type UnitOfWork } from '../database/unit-of-work.js';
import { describe, getLogger } from '../observability/logger.js';
import { shortened } from './saga-outcome.js';
import { SagaParticipation } from './saga-participation.entity.js';

const log = getLogger('sagas');

/** How long a step is remembered: longer than any run may wait for an operator. */
const RETENTION_MS = 90 * 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

/** What this service did in sagas, of either style: a row per run and step, which is forgotten in the end. */
export abstract class Participations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Forget steps first seen before a moment; returns how many. */
  async purge(before: Date): Promise<number> {
    const result = await this.unitOfWork.single((tx) => tx.delete(SagaParticipation, { created_at: LessThan(before) }));
    return result.affected ?? 0;
  }

  onApplicationBootstrap(): void {
    const sweep = (): void => {
      this.purge(new Date(Date.now() - RETENTION_MS)).catch((error: unknown) => {
        log.warning('saga.purge_failed', { error: describe(error) });
      });
    };
    this.sweeper = setInterval(sweep, SWEEP_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.sweeper);
  }
}

/** Whether the business says no; anything else is a failure, and the command comes again. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof ProblemError) {
    return error.status < 500 && !(error instanceof ConcurrentChangeError);
  }
  return error instanceof ZodError || isIntegrityViolation(error);
}

/** Why the business refused, without any value that was refused. */
export function reasonOf(error: Error): string {
  if (error instanceof ProblemError) {
    return shortened(error.detail);
  }
  if (error instanceof ZodError) {
    const faults = error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return shortened(faults.join('; '));
  }
  return 'it conflicts with what is stored';
}

/** The row of a step, locked; a new one where there was none. */
export async function partOf(tx: EntityManager, sagaId: string, step: string): Promise<SagaParticipation> {
  const statement = `INSERT INTO saga_participations (saga_id, step, state, created_at) VALUES ($1, $2, 'new', $3)
    ON CONFLICT DO NOTHING`;
  await sql(tx, statement, [sagaId, step, toMoment(utcNow())]);
  return await tx.findOneOrFail(SagaParticipation, { where: { saga_id: sagaId, step }, ...lockForUpdate(tx) });
}

/** Keep what has become of a step. */
export async function keep(tx: EntityManager, { saga_id, step, state, entity_id, reason }: SagaParticipation): Promise<void> {
  await tx.update(SagaParticipation, { saga_id, step }, { state, entity_id, reason });
}
