import type { QueryRunner } from 'typeorm';

/** What a migration runs on each database. */
export interface Statements {
  readonly postgresql: readonly string[];
  readonly sqlite: readonly string[];
}

/**
 * Run a migration's statements: on SQLite in its transaction; on PostgreSQL each by itself, as it locks the least.
 * There each can run again, so a migration that was cut off is simply repeated.
 */
export async function runStatements(queryRunner: QueryRunner, statements: Statements): Promise<void> {
  if (queryRunner.dataSource.options.type !== 'postgres') {
    await onSqlite(queryRunner, statements.sqlite);
    return;
  }
  await queryRunner.commitTransaction();
  for (const statement of statements.postgresql) {
    await queryRunner.query(statement);
  }
  await queryRunner.startTransaction();
}

/** A table that is made anew is away for a moment: foreign keys must not look; on the way back TypeORM leaves them on. */
async function onSqlite(queryRunner: QueryRunner, statements: readonly string[]): Promise<void> {
  const [found]: unknown[] = await queryRunner.query('PRAGMA foreign_keys');
  const areChecked = Number(Object(found).foreign_keys) === 1;
  if (areChecked) {
    await queryRunner.commitTransaction();
    await queryRunner.query('PRAGMA foreign_keys = OFF');
    await queryRunner.startTransaction();
  }
  for (const statement of statements) {
    await queryRunner.query(statement);
  }
  if (areChecked) {
    await queryRunner.commitTransaction();
    await queryRunner.query('PRAGMA foreign_keys = ON');
    await queryRunner.startTransaction();
  }
}
