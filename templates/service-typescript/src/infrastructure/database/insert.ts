import type { EntityManager, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';

import { sql } from './sql.js';

/** A table's statement and the columns that it fills. */
interface Plan {
  readonly statement: string;
  readonly columns: readonly ColumnMetadata[];
}

const plans = new WeakMap<EntityMetadata, Plan>();

/** Insert a row by a statement that is built once for each table; columns that the database generates are left to it. */
export async function insert<E extends ObjectLiteral>(tx: EntityManager, target: EntityTarget<E>, row: E): Promise<void> {
  const { driver } = tx.dataSource;
  const { statement, columns } = planOf(tx, tx.dataSource.getMetadata(target));
  const values = columns.map((column): unknown => driver.preparePersistentValue(column.getEntityValue(row), column) ?? null);
  await sql(tx, statement, values);
}

function planOf(tx: EntityManager, metadata: EntityMetadata): Plan {
  let plan = plans.get(metadata);
  if (plan === undefined) {
    const { driver } = tx.dataSource;
    const columns = metadata.columns.filter((column) => !column.isGenerated);
    const names = columns.map((column) => driver.escape(column.databaseName)).join(', ');
    const places = columns.map((_, index) => `$${index + 1}`).join(', ');
    plan = { statement: `INSERT INTO ${driver.escape(metadata.tableName)} (${names}) VALUES (${places})`, columns };
    plans.set(metadata, plan);
  }
  return plan;
}
