import { setImmediate } from 'node:timers/promises';

import type { EntityManager, QueryRunner } from 'typeorm';

import { Database, evict } from './database.js';
import { isOutage } from './outage.js';

/** Called with each transaction that has been committed. */
export type CommitListener = (tx: EntityManager) => void;

/** Runs work in a transaction: committed when it returns, rolled back when it throws. */
export class UnitOfWork {
  private readonly listeners = new Set<CommitListener>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** Do `work` in one transaction; throws what `work` throws, and what the database throws. */
  run<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.inTurn(() => this.transaction(work));
  }

  /** Do `work` that is one statement, and so a transaction by itself; throws as `run` does. */
  single<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.inTurn(() => this.connected((runner) => work(runner.manager)));
  }

  /** Tell `listener` of each commit; returns what ends that. */
  onCommit(listener: CommitListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.database.isPostgresql) {
      return work();
    }
    // SQLite has one connection: transactions that overlapped would be one
    const result = this.turn.then(async () => {
      await setImmediate(); // SQLite never waits: without a pause a row of transactions would hold up everything else
      return await work();
    });
    this.turn = result.catch(() => undefined);
    return result;
  }

  private transaction<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.connected(async (runner) => {
      await runner.startTransaction();
      const result = await work(runner.manager);
      await runner.commitTransaction();
      this.listeners.forEach((listener) => listener(runner.manager));
      return result;
    });
  }

  private async connected<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = (await this.database.ready()).createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      if (this.database.isPostgresql && isOutage(error)) {
        await evict(runner).catch(() => undefined);
      } else if (runner.isTransactionActive) {
        await runner.rollbackTransaction().catch(() => undefined);
      }
      throw error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  }
}

/** Options of a query that lock what it finds until the transaction ends; SQLite has one writer at a time anyway. */
export function lockForUpdate(tx: EntityManager): { lock?: { mode: 'pessimistic_write' } } {
  return tx.dataSource.options.type === 'postgres' ? { lock: { mode: 'pessimistic_write' } } : {};
}
