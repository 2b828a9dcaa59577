import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { LessThan, type EntityManager } from 'typeorm';
import { ZodError } from 'zod';

import { ConcurrentChangeError, NotFoundError, ProblemError } from '../../common/problems.js';
import { utcNow } from '../database/clock.js';
import { toMoment } from '../database/columns.js';
import { isIntegrityViolation } from '../database/outage.js';
import { sql } from '../database/sql.js';
import { lockForUpdate, type UnitOfWork } from '../database/unit-of-work.js';
import type { EventDefinition } from '../event-bus/event.js';
import { enqueue } from '../event-bus/outbox.js';
import { describe, getLogger } from '../observability/logger.js';
import { SAGA_STEPS } from '../observability/metrics.js';
import { keyOf, shortened, type Outcome, type SagaReply } from './saga-message.js';
import { SagaParticipation } from './saga-participation.entity.js';
import { attempt } from './savepoint.js';

const log = getLogger('sagas');

/** How long a step is remembered: longer than any run may wait for an operator. */
const RETENTION_MS = 90 * 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

/** A step of a saga: its name across all sagas, and the message that answers it. */
export interface Part {
  readonly step: string;
  readonly reply: EventDefinition<SagaReply>;
}

/**
 * A participant's side of sagas (Richardson, Microservices Patterns, ch. 4): each step happens once, or is known not to
 * have. One row per run and step says what was done. It makes a repeated command harmless, tells a compensation what to
 * undo, and refuses a command that arrives after its own compensation. It shares the transaction of work and reply.
 */
export class SagaParticipant implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Do the step unless it has been done, refused or undone, and answer what became of it. `act` gives the entity's id. */
  async carryOut(tx: EntityManager, sagaId: string, part: Part, act: () => Promise<string>): Promise<void> {
    const row = await partOf(tx, sagaId, part.step);
    if (row.state === 'new') {
      const work = async (): Promise<void> => {
        row.entity_id = await act();
      };
      const refusal = await attempt(tx, work, isRefusal);
      row.state = refusal === undefined ? 'done' : 'refused';
      row.reason = refusal === undefined ? null : reasonOf(refusal);
      await keep(tx, row);
    }
    await answer(tx, sagaId, part, row.state === 'done' ? 'done' : 'refused', row.reason);
  }

  /** Undo what the step did, if it did anything; from then on its command is refused. */
  async undo(tx: EntityManager, sagaId: string, part: Part, act: (id: string) => Promise<void>): Promise<void> {
    const row = await partOf(tx, sagaId, part.step);
    const { entity_id: id } = row;
    const refusal = row.state === 'done' && id !== null ? await attempt(tx, () => act(id), isRefusal) : undefined;
    if (refusal !== undefined && !(refusal instanceof NotFoundError)) {
      await answer(tx, sagaId, part, 'not_undone', reasonOf(refusal));
      return;
    }
    row.state = 'undone';
    row.reason = 'undone by its compensation';
    await keep(tx, row);
    await answer(tx, sagaId, part, 'undone', null);
  }

  /** The id of what an earlier step of the same run was about; throws NotFoundError where that step is not done. */
  async madeBy(tx: EntityManager, sagaId: string, step: string): Promise<string> {
    const row = await tx.findOneBy(SagaParticipation, { saga_id: sagaId, step });
    if (row?.state !== 'done' || row.entity_id === null) {
      throw new NotFoundError('result of the saga step', step);
    }
    return row.entity_id;
  }

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

/** The values of a command that were given, as a request would carry them. */
export function valuesOf(command: Readonly<Record<string, unknown>>, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, command[name]]).filter(([, value]) => value !== undefined && value !== null));
}

/** Whether the business says no; anything else is a failure, and the command comes again. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ProblemError) {
    return error.status < 500 && !(error instanceof ConcurrentChangeError);
  }
  return error instanceof ZodError || isIntegrityViolation(error);
}

/** Why the business refused, without any value that was refused. */
function reasonOf(error: Error): string {
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
async function partOf(tx: EntityManager, sagaId: string, step: string): Promise<SagaParticipation> {
  const statement = `INSERT INTO saga_participations (saga_id, step, state, created_at) VALUES ($1, $2, 'new', $3)
    ON CONFLICT DO NOTHING`;
  await sql(tx, statement, [sagaId, step, toMoment(utcNow())]);
  return await tx.findOneOrFail(SagaParticipation, { where: { saga_id: sagaId, step }, ...lockForUpdate(tx) });
}

async function keep(tx: EntityManager, { saga_id, step, state, entity_id, reason }: SagaParticipation): Promise<void> {
  await tx.update(SagaParticipation, { saga_id, step }, { state, entity_id, reason });
}

async function answer(tx: EntityManager, sagaId: string, part: Part, outcome: Outcome, reason: string | null): Promise<void> {
  await enqueue(tx, part.reply.of(keyOf(sagaId), { saga_id: sagaId, outcome, reason }));
  SAGA_STEPS.inc({ step: part.step, outcome });
  log.info('saga.step', { saga_id: sagaId, step: part.step, outcome, reason });
}
