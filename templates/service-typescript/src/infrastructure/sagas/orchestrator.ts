import type { EntityManager } from 'typeorm';

import { ProblemError, SagaConflictError } from '../../common/problems.js';
import { utcNow } from '../database/clock.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { enqueue } from '../event-bus/outbox.js';
import { getLogger } from '../observability/logger.js';
import { ask } from './saga-commands.js';
import { SagaKeeper } from './saga-keeper.js';
import type { SagaReply } from './saga-message.js';
import { shortened } from './saga-outcome.js';
import type { SagaRun } from './saga-run.entity.js';
import { ACTIVE, callOperator, enter, existing, inTraceOf, locked, note, save } from './saga-runs.js';
import { pivotOf, placeOf, stepAt, type Process, type StepOutline } from './saga.js';
import { attempt } from './savepoint.js';

const log = getLogger('sagas');

/** How often a step that can only be repeated is sent before an operator is called. */
const MAX_ATTEMPTS = 8;
const BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;

/**
 * A coordinator's side of sagas (Richardson, Microservices Patterns, ch. 4): where each run stands, and what comes next.
 * A run is a row. It moves in the transaction that takes in a reply, together with the command that it sends next, so a
 * crash at any moment leaves it where it was. Before the pivot a refusal or a timeout turns it around: what was done is
 * undone in reverse order. After the pivot it only goes forward, again and again, until an operator is called. Any number
 * of replicas may move runs beside each other.
 */
export class Orchestrator extends SagaKeeper {
  private readonly processes: ReadonlyMap<string, Process>;

  constructor(unitOfWork: UnitOfWork, isPostgresql: boolean, processes: readonly Process[]) {
    super(
      unitOfWork,
      isPostgresql,
      processes.map((each) => each.name),
    );
    this.processes = new Map(processes.map((each) => [each.name, each]));
  }

  /** Take in what a participant says; an answer to a question that is no longer open changes nothing. */
  async onReply(tx: EntityManager, reply: SagaReply, step: string): Promise<void> {
    const { saga_id: id, outcome } = reply;
    const run = await locked(tx, id);
    if (run === null || !ACTIVE.includes(run.state) || !this.isAwaited(run, reply, step)) {
      log.info('saga.late_reply', { saga_id: id, step, outcome });
      return;
    }
    await note(tx, run, outcome, { step, reason: reply.reason });
    const place = this.processOf(run).steps.findIndex(({ name }) => name === step);
    await (place < 0 ? this.leave(tx, run, `${run.saga} has no step ${step} any more`) : this.move(tx, run, place, reply));
    await save(tx, run);
  }

  /** Set a stuck run going again, in the direction that it had; throws SagaConflictError where it is not stuck. */
  override async retry(tx: EntityManager, id: string, actor: string): Promise<void> {
    const run = await existing(tx, id);
    if (run.state !== 'stuck') {
      throw new SagaConflictError(`the saga is ${run.state}; only a stuck one is retried`);
    }
    await note(tx, run, 'retried', { actor });
    run.attempts = 0;
    enter(run, run.is_backward ? 'compensating' : 'running');
    await this.send(tx, run);
    await save(tx, run);
  }

  /** Turn a run around before its pivot; throws SagaConflictError where it has ended or can only go forward. */
  override async abort(tx: EntityManager, id: string, actor: string, reason: string): Promise<void> {
    const run = await existing(tx, id);
    if (!ACTIVE.includes(run.state) || run.is_backward) {
      const backward = run.is_backward ? ' and goes back already' : '';
      throw new SagaConflictError(`the saga is ${run.state}${backward}; there is nothing to abort`);
    }
    if (!this.mayTurn(run) || this.isUnknown(run)) {
      throw new SagaConflictError('the saga is at or past its pivot and can only go forward; retry it');
    }
    await note(tx, run, 'aborted', { reason, actor });
    run.reason = shortened(reason);
    await this.compensate(tx, run, this.placeOf(run));
    await save(tx, run);
  }

  protected override async expireOne(tx: EntityManager): Promise<boolean> {
    const id = await this.overdue(tx, { isLocked: true });
    if (id === undefined) {
      return false;
    }
    const work = async (): Promise<void> => {
      const run = await existing(tx, id);
      await inTraceOf(run, () => this.onOverdue(tx, run));
      await save(tx, run);
    };
    const refusal = await attempt(tx, work, (error) => error instanceof ProblemError);
    if (refusal !== undefined) {
      const run = await existing(tx, id);
      await this.leave(tx, run, refusal.message);
      await save(tx, run);
    }
    return true;
  }

  private async move(tx: EntityManager, run: SagaRun, place: number, { outcome, reason }: SagaReply): Promise<void> {
    switch (outcome) {
      case 'done':
        return await this.advance(tx, run, place);
      case 'refused':
        return await this.turnOrRepeat(tx, run, reason ?? 'refused', place - 1);
      case 'undone':
        return await this.compensate(tx, run, place - 1);
      case 'not_undone':
        return await this.repeatLater(tx, run, reason ?? 'not undone');
    }
  }

  private isAwaited(run: SagaRun, reply: SagaReply, step: string): boolean {
    const isBackward = reply.outcome === 'undone' || reply.outcome === 'not_undone';
    return run.step === step && run.is_backward === isBackward;
  }

  private processOf(run: SagaRun): Process {
    const process = this.processes.get(run.saga);
    if (process === undefined) {
      throw new RangeError(`there is no saga ${run.saga} any more`);
    }
    return process;
  }

  private stepOf(run: SagaRun): StepOutline {
    return stepAt(this.processOf(run).steps, this.placeOf(run));
  }

  private placeOf(run: SagaRun): number {
    return placeOf(run.saga, this.processOf(run).steps, run.step);
  }

  private mayTurn(run: SagaRun): boolean {
    return this.placeOf(run) <= pivotOf(this.processOf(run).steps);
  }

  /** Whether the step in hand may have happened and cannot be undone: only its answer can tell. */
  private isUnknown(run: SagaRun): boolean {
    return this.stepOf(run).compensation === undefined;
  }

  /** Whether an overdue question can only be asked again: a retriable step before the pivot until the saga's time is up. */
  private mustRepeat(run: SagaRun): boolean {
    if (run.is_backward || !this.mayTurn(run) || this.isUnknown(run)) {
      return true;
    }
    return this.stepOf(run).isRetriable && utcNow() < run.ends_at;
  }

  private async advance(tx: EntityManager, run: SagaRun, place: number): Promise<void> {
    const process = this.processOf(run);
    run.attempts = 0;
    const next = process.steps[place + 1];
    if (next !== undefined) {
      run.step = next.name;
      enter(run, 'running');
      await this.send(tx, run);
      return;
    }
    await this.settle(tx, run, () => process.succeed(tx, run.entity_id), 'completed');
  }

  /** Undo the steps up to `start`, the last one first; what has no compensation needs none. */
  private async compensate(tx: EntityManager, run: SagaRun, start: number): Promise<void> {
    const { steps } = this.processOf(run);
    const last = steps.slice(0, start + 1).findLast((step) => step.compensation !== undefined);
    run.attempts = 0;
    run.is_backward = true;
    if (last === undefined) {
      await this.giveUp(tx, run);
      return;
    }
    run.step = last.name;
    enter(run, 'compensating');
    await this.send(tx, run);
  }

  private async giveUp(tx: EntityManager, run: SagaRun): Promise<void> {
    await this.settle(tx, run, () => this.processOf(run).fail(tx, run.entity_id), 'compensated');
  }

  private async settle(
    tx: EntityManager,
    run: SagaRun,
    end: () => Promise<void>,
    state: 'completed' | 'compensated',
  ): Promise<void> {
    const refusal = await attempt(tx, end, (error) => error instanceof ProblemError);
    if (refusal !== undefined) {
      await this.leave(tx, run, refusal.message);
      return;
    }
    run.due_at = null;
    enter(run, state);
    await note(tx, run, state);
  }

  private async turnOrRepeat(tx: EntityManager, run: SagaRun, reason: string, backFrom: number): Promise<void> {
    run.reason = shortened(reason);
    await (this.mayTurn(run) ? this.compensate(tx, run, backFrom) : this.repeatLater(tx, run, reason));
  }

  /** Ask again after a pause, and call an operator when that has been in vain often enough. */
  private async repeatLater(tx: EntityManager, run: SagaRun, reason: string): Promise<void> {
    run.attempts += 1;
    if (run.attempts >= MAX_ATTEMPTS) {
      await this.leave(tx, run, reason);
      return;
    }
    run.due_at = new Date(Date.now() + Math.min(BACKOFF_MS * 2 ** run.attempts, MAX_BACKOFF_MS));
  }

  private async onOverdue(tx: EntityManager, run: SagaRun): Promise<void> {
    const { step } = run;
    if (!this.mustRepeat(run)) {
      await note(tx, run, 'timed_out', { step });
      await this.turnOrRepeat(tx, run, `no answer to ${step} in time`, this.placeOf(run));
      return;
    }
    run.attempts += 1;
    if (run.attempts > MAX_ATTEMPTS) {
      await this.leave(tx, run, `no answer to ${step} after ${MAX_ATTEMPTS} tries`);
      return;
    }
    await note(tx, run, 'repeated', { step });
    await this.send(tx, run);
  }

  private async leave(tx: EntityManager, run: SagaRun, reason: string): Promise<void> {
    await callOperator(tx, run, run.step, reason);
  }

  private async send(tx: EntityManager, run: SagaRun): Promise<void> {
    const process = this.processOf(run);
    if (!run.is_backward) {
      await ask(tx, run, process.steps, await process.command(tx, run));
      return;
    }
    const { compensation, timeoutMs } = this.stepOf(run);
    if (compensation === undefined) {
      await this.giveUp(tx, run); // nothing is left to undo but our own entity
      return;
    }
    await enqueue(tx, compensation(run.id));
    run.due_at = new Date(Date.now() + timeoutMs);
    await note(tx, run, 'asked_to_undo', { step: run.step });
  }
}
