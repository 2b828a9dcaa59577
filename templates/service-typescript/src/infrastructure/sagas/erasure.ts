import type { EntityManager, EntityTarget } from 'typeorm';

import { now } from '../../common/moment.js';
import type { BaseEntity } from '../database/base.entity.js';
import { matching, rowOf } from '../database/entity-repository.js';
import { sql } from '../database/sql.js';
import { lockForUpdate } from '../database/unit-of-work.js';
import { getLogger } from '../observability/logger.js';

const log = getLogger('sagas');

const BY_ID: object = { id: 'ASC' };
const FORGET_MESSAGES_POSTGRESQL =
  'DELETE FROM outbox_messages WHERE published_at IS NOT NULL AND position($1::bytea IN envelope) > 0';
const FORGET_MESSAGES_SQLITE = 'DELETE FROM outbox_messages WHERE published_at IS NOT NULL AND instr(envelope, $1) > 0';
const FORGET_ANSWERS = 'UPDATE idempotency_keys SET body = NULL WHERE scope LIKE $1 AND body LIKE $2';

/**
 * Take the personal data of one person out of what is found (GDPR, Art. 17), within the transaction of a saga's step;
 * returns by what it was found. Rows stay, with blanks in the place of what told of the person. Copies go too: published
 * messages that the outbox still remembers, and kept answers of `operations`. A repeat writes the blanks again.
 */
export async function erase<E extends BaseEntity>(
  tx: EntityManager,
  target: EntityTarget<E>,
  subject: string,
  operations: readonly string[],
  foundBy: object,
  blank: (row: E) => Partial<E>,
): Promise<string> {
  const rows = await tx.find(target, { where: matching<E>(foundBy), order: BY_ID, ...lockForUpdate(tx) });
  for (const row of rows) {
    Object.assign(row, blank(row));
    row.version += 1;
    row.updated_at = now();
    await tx.update(target, matching<E>({ id: row.id }), rowOf(row));
  }
  for (const identity of new Set([subject, ...rows.map(({ id }) => id)])) {
    await forgetCopies(tx, identity, operations);
  }
  log.info('erasure.done', { entity: tx.dataSource.getMetadata(target).name, rows: rows.length });
  return subject;
}

async function forgetCopies(tx: EntityManager, identity: string, operations: readonly string[]): Promise<void> {
  const isPostgresql = tx.dataSource.options.type === 'postgres';
  await sql(tx, isPostgresql ? FORGET_MESSAGES_POSTGRESQL : FORGET_MESSAGES_SQLITE, [Buffer.from(identity)]);
  for (const operation of operations) {
    await sql(tx, FORGET_ANSWERS, [`% ${operation}`, `%${identity}%`]);
  }
}
