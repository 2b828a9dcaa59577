import { context, propagation } from '@opentelemetry/api';
import { In, type EntityManager } from 'typeorm';

import { NotFoundError, SagaConflictError } from '../../common/problems.js';
import { utcNow, uuid7 } from '../database/clock.js';
import { insert } from '../database/insert.js';
import { lockForUpdate } from '../database/unit-of-work.js';
import { getLogger } from '../observability/logger.js';
import { SAGA_CHANGES } from '../observability/metrics.js';
import { shortened } from './saga-outcome.js';
import { SagaEntry, SagaRun, type SagaState } from './saga-run.entity.js';

const log = getLogger('sagas');

/** States of runs that have not ended. */
export const ACTIVE: readonly SagaState[] = ['running', 'compensating', 'stuck'];

/** What a history entry tells beside what happened. */
export interface Details {
  readonly step?: string;
  readonly reason?: string | null | undefined;
  readonly actor?: string;
}

/** A run that starts now, in the trace of what started it. */
export async function startRun(tx: EntityManager, saga: string, entityId: string, timeoutMs: number, step: string): Promise<SagaRun> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  const now = utcNow();
  const run = Object.assign(new SagaRun(), {
    id: uuid7(),
    saga,
    entity_id: entityId,
    state: 'running',
    step,
    is_backward: false,
    attempts: 0,
    due_at: null,
    ends_at: new Date(now.getTime() + timeoutMs),
    reason: null,
    traceparent: carrier['traceparent'] ?? null,
    created_at: now,
    updated_at: now,
  });
  await insert(tx, SagaRun, run);
  await note(tx, run, 'started');
  return run;
}

/** Act in the trace of what started the run. */
export async function inTraceOf(run: SagaRun, work: () => Promise<void>): Promise<void> {
  const carrier = run.traceparent === null ? {} : { traceparent: run.traceparent };
  await context.with(propagation.extract(context.active(), carrier), work);
}

/** Refuse to touch what a running saga will decide: its pending state is a semantic lock; throws SagaConflictError. */
export async function requireSettled(tx: EntityManager, entityId: string): Promise<void> {
  const running = await tx.findOneBy(SagaRun, { entity_id: entityId, state: In([...ACTIVE]) });
  if (running !== null) {
    const detail = `saga ${running.id} is deciding on it; read it again later, or have an operator abort the saga`;
    throw new SagaConflictError(detail);
  }
}

/** A run, locked against other writers. */
export async function locked(tx: EntityManager, id: string): Promise<SagaRun | null> {
  return await tx.findOne(SagaRun, { where: { id }, ...lockForUpdate(tx) });
}

/** A run, locked against other writers; throws NotFoundError where there is none. */
export async function existing(tx: EntityManager, id: string): Promise<SagaRun> {
  const run = await locked(tx, id);
  if (run === null) {
    throw new NotFoundError('saga', id);
  }
  return run;
}

/** Leave a run to a person: nothing more happens to it by itself. */
export async function callOperator(tx: EntityManager, run: SagaRun, step: string, reason: string): Promise<void> {
  run.reason = shortened(reason);
  run.due_at = null;
  enter(run, 'stuck');
  await note(tx, run, 'stuck', { step, reason });
  log.error('saga.stuck', { saga_id: run.id, saga: run.saga, step, reason });
}

/** Bring a run into a state. */
export function enter(run: SagaRun, state: SagaState): void {
  if (run.state !== state) {
    SAGA_CHANGES.inc({ saga: run.saga, state });
    log.info('saga.state', { saga_id: run.id, saga: run.saga, entity_id: run.entity_id, state });
  }
  run.state = state;
}

/** Keep what has changed in a run. */
export async function save(tx: EntityManager, run: SagaRun): Promise<void> {
  const { id, state, step, is_backward, attempts, due_at, reason } = run;
  await tx.update(SagaRun, { id }, { state, step, is_backward, attempts, due_at, reason, updated_at: utcNow() });
}

/** Add to a run's history. */
export async function note(tx: EntityManager, run: SagaRun, what: string, details: Details = {}): Promise<void> {
  const { step = null, reason, actor = null } = details;
  await insert<Omit<SagaEntry, 'position'>>(tx, SagaEntry, {
    saga_id: run.id,
    at: utcNow(),
    step,
    what,
    reason: reason === undefined || reason === null ? null : shortened(reason),
    actor,
  });
}
