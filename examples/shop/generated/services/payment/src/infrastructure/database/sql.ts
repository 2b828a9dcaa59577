import type { EntityManager, QueryRunner } from 'typeorm';

/** A row as a statement gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement did. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly affected: number;
}

/** Run a statement with parameters $1, $2, … on either database. */
export async function sql(tx: EntityManager, statement: string, values: readonly unknown[] = []): Promise<Outcome> {
  const runner = runnerOf(tx);
  const isPostgresql = tx.dataSource.options.type === 'postgres';
  const text = isPostgresql ? statement : statement.replace(/\$(\d+)/g, '?$1');
  const result = await runner.query(text, [...values], true);
  return { rows: result.records, affected: result.affected ?? result.records.length };
}

/** A text of a row; throws TypeError where it is something else. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') {
    throw new TypeError(`${column} is not text`);
  }
  return value;
}

/** A whole number of a row, whichever way the driver gives it; throws TypeError where it is none. */
export function numberOf(row: Row, column: string): number {
  const value = Number(row[column]);
  if (!Number.isSafeInteger(value)) {
    throw new TypeError(`${column} is not a whole number`);
  }
  return value;
}

/** The bytes of a row; throws TypeError where there are none. */
export function bytesOf(row: Row, column: string): Buffer {
  const value = row[column];
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`${column} is not bytes`);
  }
  return Buffer.from(value);
}

function runnerOf(tx: EntityManager): QueryRunner {
  if (tx.queryRunner === undefined) {
    throw new Error('a statement needs a transaction: call it within UnitOfWork.run');
  }
  return tx.queryRunner;
}
