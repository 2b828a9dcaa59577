import type { EntityManager } from 'typeorm';

/** A step: what it comes after, and how long it may take. Events of ours that start and undo it can be told again. */
export interface Step {
  readonly name: string;
  readonly timeoutMs: number;
  readonly after?: string;
  readonly startsOn?: string;
  readonly undoneOn?: string;
  /** Whether there is no way back once it is done. */
  readonly isPivot?: boolean;
}

/** The steps of a saga in order. `decision` is our own: the transition that succeeds. `timeoutMs` bounds the way to it. */
export interface Choreography {
  readonly name: string;
  readonly timeoutMs: number;
  readonly subject: string;
  readonly decision: string;
  readonly succeedsWith: string;
  readonly failsWith: string;
  readonly steps: readonly Step[];
}

/** A saga with what it does to its own entity: lock it, and end its pending state where the saga fails. */
export interface Watched {
  readonly saga: Choreography;
  lock(tx: EntityManager, id: string): Promise<unknown>;
  fail(tx: EntityManager, id: string): Promise<void>;
}
