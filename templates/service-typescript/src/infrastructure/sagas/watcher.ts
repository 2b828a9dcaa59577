import { In, type EntityManager } from 'typeorm';

import { NotFoundError, ProblemError, SagaConflictError } from '../../common/problems.js';
import { utcNow } from '../database/clock.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { publishAgain } from '../event-bus/publish-again.js';
import { getLogger } from '../observability/logger.js';
import type { Choreography, Watched } from './choreography.js';
import { Progress } from './progress.js';
import { SagaKeeper } from './saga-keeper.js';
import { shortened, type Outcome } from './saga-outcome.js';
import { SagaRun } from './saga-run.entity.js';
import { ACTIVE, callOperator, enter, existing, inTraceOf, note, save } from './saga-runs.js';
import { SagaStep } from './saga-step.entity.js';
import { attempt } from './savepoint.js';

const log = getLogger('sagas');

/** How often a participant is told again to take its step back before an operator is called. */
const MAX_ATTEMPTS = 8;

/**
 * A coordinator's view of choreographed sagas (Richardson, Microservices Patterns, ch. 4): it commands nobody and sees
 * everything. The participants react to each other's events. The watcher notes by these events how far a run is, in the
 * transaction that takes them in. Before the pivot a refusal or a silent participant makes it fail its own entity, which
 * tells the participants to take back what they did; each says that it has, also where it had done nothing, and is told
 * again where it does not. After the pivot it can only call an operator. Whoever locks both takes the entity before its run.
 */
export class Watcher extends SagaKeeper {
  private readonly watched: ReadonlyMap<string, Watched>;

  constructor(unitOfWork: UnitOfWork, isPostgresql: boolean, watched: readonly Watched[]) {
    super(
      unitOfWork,
      isPostgresql,
      watched.map(({ saga }) => saga.name),
    );
    this.watched = new Map(watched.map((each) => [each.saga.name, each]));
  }

  /** Note what a participant tells of its step; what is known already, or told of a run that has ended, changes nothing. */
  async onEvent(
    tx: EntityManager,
    saga: Choreography,
    entityId: string,
    step: string,
    outcome: Exclude<Outcome, 'not_undone'>,
    reason?: string | null,
  ): Promise<void> {
    if (outcome !== 'done') {
      await this.lock(tx, saga.name, entityId);
    }
    const progress = await Progress.active(tx, saga, entityId);
    if (progress === undefined || [outcome, 'undone'].includes(progress.stateOf(step))) {
      log.info('saga.late_event', { saga: saga.name, entity_id: entityId, step, outcome });
      return;
    }
    const { run } = progress;
    progress.see(step, outcome);
    await note(tx, run, outcome, { step, reason });
    if (outcome === 'done' || run.is_backward) {
      await progress.settle();
      return;
    }
    await progress.keep();
    await this.turn(tx, progress, step, reason ?? `${step} was ${outcome}`);
  }

  /** Wait once more for the steps of a stuck run, and tell again what asks for them; who knows it already drops it. */
  override async retry(tx: EntityManager, id: string, actor: string): Promise<void> {
    const progress = await this.existing(tx, id);
    const { run } = progress;
    if (run.state !== 'stuck') {
      throw new SagaConflictError(`the saga is ${run.state}; only a stuck one is retried`);
    }
    await note(tx, run, 'retried', { actor });
    run.attempts = 0;
    enter(run, run.is_backward ? 'compensating' : 'running');
    await this.tellAgain(tx, progress);
  }

  /** Fail the entity of a run that has not passed its pivot; what was done is undone. */
  override async abort(tx: EntityManager, id: string, actor: string, reason: string): Promise<void> {
    const progress = await this.existing(tx, id);
    const { run } = progress;
    if (!ACTIVE.includes(run.state) || run.is_backward) {
      const backward = run.is_backward ? ' and goes back already' : '';
      throw new SagaConflictError(`the saga is ${run.state}${backward}; there is nothing to abort`);
    }
    if (!progress.mayTurn) {
      throw new SagaConflictError('the saga is past its pivot and can only go forward; retry it');
    }
    await note(tx, run, 'aborted', { reason, actor });
    await this.turn(tx, progress, progress.current, reason);
  }

  protected override async forget(tx: EntityManager, ids: readonly string[]): Promise<void> {
    await tx.delete(SagaStep, { saga_id: In([...ids]) });
    await super.forget(tx, ids);
  }

  protected override async expireOne(tx: EntityManager): Promise<boolean> {
    const id = await this.overdue(tx);
    if (id === undefined) {
      return false;
    }
    const progress = await this.existing(tx, id);
    const { run } = progress;
    const isDue = run.state === 'running' || run.state === 'compensating';
    if (isDue && run.due_at !== null && run.due_at <= utcNow()) {
      await inTraceOf(run, () => this.onOverdue(tx, progress));
    } // else another replica was quicker
    return true;
  }

  /** A run and its steps, locked after its entity; throws NotFoundError where there is none. */
  private async existing(tx: EntityManager, id: string): Promise<Progress> {
    const found = await tx.findOneBy(SagaRun, { id });
    if (found === null) {
      throw new NotFoundError('saga', id);
    }
    await this.lock(tx, found.saga, found.entity_id);
    return await Progress.of(tx, this.of(found.saga).saga, await existing(tx, id));
  }

  /** Lock an entity; a run whose entity is gone ends with an operator. */
  private async lock(tx: EntityManager, saga: string, entityId: string): Promise<void> {
    await attempt(tx, async () => void (await this.of(saga).lock(tx, entityId)), (error) => error instanceof NotFoundError);
  }

  private async onOverdue(tx: EntityManager, progress: Progress): Promise<void> {
    const { run, overdue, current } = progress;
    if (!run.is_backward) {
      await note(tx, run, 'timed_out', overdue === undefined ? {} : { step: overdue });
      const reason = overdue === undefined ? "the saga's time was up" : `${overdue} was not done in time`;
      await this.turn(tx, progress, overdue ?? current, reason);
      return;
    }
    if (run.attempts < MAX_ATTEMPTS) {
      run.attempts += 1;
      await note(tx, run, 'repeated', { step: overdue ?? current });
      await this.tellAgain(tx, progress);
      return;
    }
    await callOperator(tx, run, current, `${current} was not undone after ${MAX_ATTEMPTS} tries`);
    await save(tx, run);
  }

  /** Wait anew for the steps that are asked for, and publish once more those of our own events that ask for them. */
  private async tellAgain(tx: EntityManager, progress: Progress): Promise<void> {
    const { run, saga, awaited } = progress;
    progress.waitAgain();
    await progress.settle();
    const asking = awaited.flatMap((step) => (run.is_backward ? step.undoneOn : step.startsOn) ?? []);
    await publishAgain(tx, `${saga.subject}/${run.entity_id}`, [...new Set(asking)]);
  }

  /** Fail the entity, whose transition turns the run; call an operator where that cannot be. */
  private async turn(tx: EntityManager, progress: Progress, step: string, reason: string): Promise<void> {
    const { run, mayTurn } = progress;
    run.reason = shortened(reason);
    await save(tx, run);
    const fail = (): Promise<void> => this.of(run.saga).fail(tx, run.entity_id);
    const refusal = mayTurn ? await attempt(tx, fail, (error) => error instanceof ProblemError) : new Error(reason);
    if (refusal !== undefined) {
      await callOperator(tx, run, step, refusal.message);
      await save(tx, run);
    }
  }

  private of(saga: string): Watched {
    const watched = this.watched.get(saga);
    if (watched === undefined) {
      throw new RangeError(`there is no saga ${saga} any more`);
    }
    return watched;
  }
}
