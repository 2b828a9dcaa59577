import type { EntityManager } from 'typeorm';

import { sql } from '../database/sql.js';

/** Do `work`; where it throws what `isRefusal` knows, take back what it did and give the error, and go on. */
export async function attempt(
  tx: EntityManager,
  work: () => Promise<void>,
  isRefusal: (error: unknown) => boolean,
): Promise<Error | undefined> {
  await sql(tx, 'SAVEPOINT attempt');
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error) || !isRefusal(error)) {
      throw error;
    }
    await sql(tx, 'ROLLBACK TO SAVEPOINT attempt');
    await sql(tx, 'RELEASE SAVEPOINT attempt');
    return error;
  }
  await sql(tx, 'RELEASE SAVEPOINT attempt');
  return undefined;
}
