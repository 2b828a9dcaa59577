import { context, propagation } from '@opentelemetry/api';
import { In, type EntityManager } from 'typeorm';

import { SagaConflictError } from '../../common/problems.js';
import { utcNow, uuid7 } from '../database/clock.js';
import { insert } from '../database/insert.js';
import { lockForUpdate } from '../database/unit-of-work.js';
import { enqueue } from '../event-bus/outbox.js';
import type { DomainEvent } from '../event-bus/event.js';
import { getLogger } from '../observability/logger.js';
import { SAGA_CHANGES } from '../observability/metrics.js';
import { shortened } from './saga-message.js';
import { SagaEntry, SagaRun, type SagaState } from './saga-run.entity.js';
import { pivotOf, placeOf, stepAt, type Saga, type StepOutline } from './saga.js';

const log = getLogger('sagas');

/** States of runs that have not ended. */
export const ACTIVE: readonly SagaState[] = ['running', 'compensating', 'stuck'];

/** What a history entry tells beside what happened. */
export interface Details {
  readonly step?: string;
  readonly reason?: string | null | undefined;
  readonly actor?: string;
}

/** Start a run in the transaction that made its entity, and send its first command; returns the run's id. */
export async function begin<T>(tx: EntityManager, saga: Saga<T>, entityId: string, entity: T): Promise<string> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  const now = utcNow();
  const first = stepAt(saga.steps, 0);
  const run = Object.assign(new SagaRun(), {
    id: uuid7(),
    saga: saga.name,
    entity_id: entityId,
    state: 'running',
    step: first.name,
    is_backward: false,
    attempts: 0,
    due_at: null,
    ends_at: new Date(now.getTime() + saga.timeoutMs),
    reason: null,
    traceparent: carrier['traceparent'] ?? null,
    created_at: now,
    updated_at: now,
  });
  await insert(tx, SagaRun, run);
  await note(tx, run, 'started');
  await ask(tx, run, saga.steps, first.command(run.id, entity));
  await save(tx, run);
  return run.id;
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

/** Send a command and wait for its answer: until the saga's own time is up where it can still turn around. */
export async function ask(tx: EntityManager, run: SagaRun, steps: readonly StepOutline[], command: DomainEvent): Promise<void> {
  const place = placeOf(run.saga, steps, run.step);
  const step = stepAt(steps, place);
  await enqueue(tx, command);
  const now = Date.now();
  const due = now + step.timeoutMs;
  const isBounded = place <= pivotOf(steps) && run.attempts === 0;
  run.due_at = new Date(isBounded ? Math.min(due, Math.max(run.ends_at.getTime(), now)) : due);
  await note(tx, run, 'asked', { step: step.name });
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
