import { In, type EntityManager } from 'typeorm';

import { utcNow } from '../database/clock.js';
import { insert } from '../database/insert.js';
import { lockForUpdate } from '../database/unit-of-work.js';
import type { Choreography, Step } from './choreography.js';
import { SagaRun } from './saga-run.entity.js';
import { ACTIVE, enter, note, save, startRun } from './saga-runs.js';
import { SagaStep, type StepState } from './saga-step.entity.js';

/** A locked run beside what has been seen of its steps. What changes here is kept by `settle`. */
export class Progress {
  private constructor(
    private readonly tx: EntityManager,
    readonly saga: Choreography,
    readonly run: SagaRun,
    private readonly rows: ReadonlyMap<string, SagaStep>,
  ) {}

  /** A run that starts now: the steps that follow from nothing else are due. */
  static async start(tx: EntityManager, saga: Choreography, entityId: string): Promise<Progress> {
    const run = await startRun(tx, saga.name, entityId, saga.timeoutMs, saga.steps[0]?.name ?? saga.decision);
    const rows = new Map<string, SagaStep>();
    for (const { name, after, timeoutMs } of saga.steps) {
      const state: StepState = after === undefined ? 'due' : 'waiting';
      const due_at = after === undefined ? new Date(Date.now() + timeoutMs) : null;
      const row = Object.assign(new SagaStep(), { saga_id: run.id, step: name, state, due_at });
      await insert(tx, SagaStep, row);
      rows.set(name, row);
    }
    return new Progress(tx, saga, run, rows);
  }

  /** What has been seen of a run. */
  static async of(tx: EntityManager, saga: Choreography, run: SagaRun): Promise<Progress> {
    const rows = await tx.findBy(SagaStep, { saga_id: run.id });
    return new Progress(tx, saga, run, new Map(rows.map((row) => [row.step, row])));
  }

  /** The run about an entity that has not ended, locked. */
  static async active(tx: EntityManager, saga: Choreography, entityId: string): Promise<Progress | undefined> {
    const where = { saga: saga.name, entity_id: entityId, state: In([...ACTIVE]) };
    const run = await tx.findOne(SagaRun, { where, ...lockForUpdate(tx) });
    return run === null ? undefined : await Progress.of(tx, saga, run);
  }

  /** Whether the run goes forward and has not passed its pivot. */
  get mayTurn(): boolean {
    const { decision, steps } = this.saga;
    const pivots = [decision, ...steps.filter((step) => step.isPivot).map((step) => step.name)];
    return !this.run.is_backward && pivots.every((name) => this.stateOf(name) !== 'done');
  }

  /** The steps that are still to be done, or to be undone. */
  get awaited(): readonly Step[] {
    return this.saga.steps.filter(({ name, undoneOn }) =>
      this.run.is_backward ? undoneOn !== undefined && this.stateOf(name) !== 'undone' : this.stateOf(name) !== 'done',
    );
  }

  /** The step that the run is at: the first that is awaited, or the last of all. */
  get current(): string {
    return (this.awaited[0] ?? this.saga.steps.at(-1))?.name ?? this.saga.decision;
  }

  /** The step that is most overdue; none where only the time of the whole saga is up. */
  get overdue(): string | undefined {
    const now = utcNow();
    const late = this.awaited.map(({ name }) => this.row(name)).filter(({ due_at }) => due_at !== null && due_at <= now);
    return late.toSorted((one, other) => Number(one.due_at) - Number(other.due_at))[0]?.step;
  }

  /** What has been seen of a step. */
  stateOf(name: string): StepState {
    return this.row(name).state;
  }

  /** Note what became of a step, and wait for those that come after it. */
  see(name: string, state: 'done' | 'refused' | 'undone'): void {
    Object.assign(this.row(name), { state, due_at: null });
    if (state === 'done' && !this.run.is_backward) {
      for (const step of this.saga.steps.filter(({ after }) => after === name)) {
        if (this.stateOf(step.name) === 'waiting') {
          this.row(step.name).state = 'due';
          this.waitFor(step);
        }
      }
    }
  }

  /** The entity has failed, and its event is on its way: every participant is to take back what it did. */
  async turn(): Promise<void> {
    this.run.is_backward = true;
    this.rows.forEach((row) => {
      row.due_at = null;
    });
    this.waitAgain();
    enter(this.run, 'compensating');
    await note(this.tx, this.run, 'failed');
  }

  /** Give every step that is asked for its whole time. */
  waitAgain(): void {
    const asked = this.awaited.filter(({ name }) => this.run.is_backward || this.stateOf(name) !== 'waiting');
    asked.forEach((step) => this.waitFor(step));
  }

  /** End the run where nothing is awaited any more; wait for the next step where it is. */
  async settle(): Promise<void> {
    const { run } = this;
    run.step = this.current;
    if (this.awaited.length === 0) {
      const end = run.is_backward ? 'compensated' : 'completed';
      run.due_at = null;
      enter(run, end);
      await note(this.tx, run, end);
    } else if (run.state !== 'stuck') {
      const dues = this.awaited.flatMap(({ name }) => this.row(name).due_at ?? []);
      const first = Math.min(...[...dues, ...(this.mayTurn ? [run.ends_at] : [])].map(Number));
      run.due_at = Number.isFinite(first) ? new Date(first) : null;
    }
    await this.keep();
  }

  /** Keep what has changed. */
  async keep(): Promise<void> {
    for (const { saga_id, step, state, due_at } of this.rows.values()) {
      await this.tx.update(SagaStep, { saga_id, step }, { state, due_at });
    }
    await save(this.tx, this.run);
  }

  private waitFor(step: Step): void {
    this.row(step.name).due_at = new Date(Date.now() + step.timeoutMs);
  }

  private row(name: string): SagaStep {
    const row = this.rows.get(name);
    if (row === undefined) {
      throw new RangeError(`${this.saga.name} had no step ${name} when run ${this.run.id} started`);
    }
    return row;
  }
}
