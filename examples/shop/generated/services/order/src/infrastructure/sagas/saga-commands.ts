import type { EntityManager } from 'typeorm';

import type { DomainEvent } from '../event-bus/event.js';
import { enqueue } from '../event-bus/outbox.js';
import type { SagaRun } from './saga-run.entity.js';
import { note, save, startRun } from './saga-runs.js';
import { pivotOf, placeOf, stepAt, type Saga, type StepOutline } from './saga.js';

/** Start a run in the transaction that made its entity, and send its first command; returns the run's id. */
export async function begin<T>(tx: EntityManager, saga: Saga<T>, entityId: string, entity: T): Promise<string> {
  const first = stepAt(saga.steps, 0);
  const run = await startRun(tx, saga.name, entityId, saga.timeoutMs, first.name);
  await ask(tx, run, saga.steps, first.command(run.id, entity));
  await save(tx, run);
  return run.id;
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
