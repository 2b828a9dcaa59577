import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** A prepared statement, as TypeORM expects it of its driver. */
class Statement {
  readonly reader: boolean;

  constructor(private readonly statement: StatementSync) {
    this.reader = statement.columns().length > 0;
  }

  all(...values: unknown[]): unknown[] {
    return this.statement.all(...values.map(bind));
  }

  run(...values: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.statement.run(...values.map(bind));
  }
}

/** Node's own SQLite in the shape of better-sqlite3, so that no driver needs a compiler or a download. */
export class NodeSqlite {
  private readonly database: DatabaseSync;

  constructor(file: string, options: { readonly?: boolean; timeout?: number } = {}) {
    this.database = new DatabaseSync(file, { readOnly: options.readonly ?? false, timeout: options.timeout ?? 5000 });
  }

  prepare(query: string): Statement {
    // a deferred transaction may fail when it turns from reading to writing
    return new Statement(this.database.prepare(query === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : query));
  }

  pragma(query: string): unknown[] {
    return this.database.prepare(`PRAGMA ${query}`).all();
  }

  exec(query: string): void {
    this.database.exec(query);
  }

  close(): void {
    this.database.close();
  }
}

function bind(value: unknown): SQLInputValue {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'boolean') {
    return Number(value);
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Uint8Array
  ) {
    return value;
  }
  throw new TypeError(`SQLite cannot store a ${typeof value}`);
}
