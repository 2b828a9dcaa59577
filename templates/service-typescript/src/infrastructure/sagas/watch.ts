import type { EntityManager } from 'typeorm';

import { SagaConflictError } from '../../common/problems.js';
import type { Choreography } from './choreography.js';
import { Progress } from './progress.js';
import { note } from './saga-runs.js';

/** Start a run in the transaction that made its entity and tells of it; returns the run's id. */
export async function watch(tx: EntityManager, saga: Choreography, entityId: string): Promise<string> {
  const progress = await Progress.start(tx, saga, entityId);
  await progress.settle();
  return progress.run.id;
}

/** Take in a transition of the entity, whoever made it: two of them decide its run. */
export async function noteTransition(tx: EntityManager, saga: Choreography, entityId: string, name: string): Promise<void> {
  if (name !== saga.succeedsWith && name !== saga.failsWith) {
    return;
  }
  const progress = await Progress.active(tx, saga, entityId);
  if (progress === undefined || progress.run.is_backward) {
    return;
  }
  if (name === saga.failsWith) {
    await progress.turn();
  } else {
    progress.see(saga.decision, 'done');
    await note(tx, progress.run, 'done', { step: saga.decision });
  }
  await progress.settle();
}

/** Refuse to fail an entity whose saga can only go forward; throws SagaConflictError. */
export async function requireTurnable(tx: EntityManager, saga: Choreography, entityId: string): Promise<void> {
  const progress = await Progress.active(tx, saga, entityId);
  if (progress !== undefined && !progress.mayTurn) {
    throw new SagaConflictError(`saga ${progress.run.id} is past its pivot; read it again later`);
  }
}
