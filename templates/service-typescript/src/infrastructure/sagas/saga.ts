import type { EntityManager } from 'typeorm';

import { SagaConflictError } from '../../common/problems.js';
import type { DomainEvent } from '../event-bus/event.js';
import type { SagaRun } from './saga-run.entity.js';

/** What moves a run needs to know of a step. */
export interface StepOutline {
  readonly name: string;
  /** What undoes it; left out where nothing can, or nothing needs to. */
  readonly compensation?: (sagaId: string) => DomainEvent;
  /** How long to wait for an answer. */
  readonly timeoutMs: number;
  /** Whether it is the point of no return. */
  readonly isPivot: boolean;
  /** Whether it is asked for again when it does not answer, rather than taken back. */
  readonly isRetriable: boolean;
}

/** A step of a participant, and the command that asks for it. */
export interface Step<T> extends StepOutline {
  readonly command: (sagaId: string, entity: T) => DomainEvent;
}

/** The steps of a saga in order. `timeoutMs` bounds the way to the pivot. */
export interface Saga<T> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly steps: readonly Step<T>[];
}

/** A saga with what it does to its own entity: read it, and end its pending state one way or the other. */
export interface Process {
  readonly name: string;
  readonly steps: readonly StepOutline[];
  command(tx: EntityManager, run: SagaRun): Promise<DomainEvent>;
  succeed(tx: EntityManager, entityId: string): Promise<void>;
  fail(tx: EntityManager, entityId: string): Promise<void>;
}

/** What a saga does to its own entity. */
export interface Ends<T> {
  load(tx: EntityManager, id: string): Promise<T>;
  succeed(tx: EntityManager, id: string): Promise<void>;
  fail(tx: EntityManager, id: string): Promise<void>;
}

/** A saga and its entity, as what moves runs sees them. */
export function processOf<T>(saga: Saga<T>, ends: Ends<T>): Process {
  const { name, steps } = saga;
  return {
    name,
    steps,
    command: async (tx, run) => stepAt(steps, placeOf(name, steps, run.step)).command(run.id, await ends.load(tx, run.entity_id)),
    succeed: (tx, id) => ends.succeed(tx, id),
    fail: (tx, id) => ends.fail(tx, id),
  };
}

/** Where a step of a saga stands; throws SagaConflictError where there is no such step any more. */
export function placeOf(saga: string, steps: readonly StepOutline[], name: string): number {
  const place = steps.findIndex((step) => step.name === name);
  if (place < 0) {
    throw new SagaConflictError(`${saga} has no step ${name} any more; only a version that has it can end the run`);
  }
  return place;
}

/** The step at a place; throws RangeError where there is none. */
export function stepAt<S>(steps: readonly S[], place: number): S {
  const step = steps[place];
  if (step === undefined) {
    throw new RangeError(`the saga has no step ${place}`);
  }
  return step;
}

/** The last step from which a saga can turn around. */
export function pivotOf(steps: readonly StepOutline[]): number {
  const place = steps.findIndex((step) => step.isPivot);
  return place < 0 ? steps.length - 1 : place;
}
