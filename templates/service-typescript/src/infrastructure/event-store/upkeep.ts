import type { EntityManager } from 'typeorm';

import type { BaseEntity } from '../database/base.entity.js';
import { sql, textOf } from '../database/sql.js';
import { lockForUpdate, type UnitOfWork } from '../database/unit-of-work.js';
import { load, open, project } from './event-store.js';
import type { Stream } from './stream.js';

const BATCH = 200;
const NONE = '00000000-0000-0000-0000-000000000000';

/**
 * Make every row what its stream amounts to, beside the traffic; returns how many streams there are. Throws
 * UnreadableStreamError where an event is not understood; the rows before it are done.
 */
export async function reproject(unitOfWork: UnitOfWork, stream: Stream): Promise<number> {
  for (let count = 0, after = NONE; ; ) {
    const ids = await unitOfWork.run((tx) => streamsAfter(tx, stream, after));
    for (const id of ids) {
      await unitOfWork.run((tx) => reprojectOne(tx, stream, id));
    }
    count += ids.length;
    after = ids.at(-1) ?? after;
    if (ids.length < BATCH) {
      return count;
    }
  }
}

/** Begin a stream for every row that has none, with what the row holds; returns how many. */
export async function adopt(unitOfWork: UnitOfWork, stream: Stream): Promise<number> {
  for (let count = 0; ; ) {
    const adopted = await unitOfWork.run(async (tx) => {
      const rows = await withoutStream(tx, stream);
      for (const row of rows) {
        await open(tx, stream, row, `${stream.name}Adopted`, { created_at: row.created_at });
      }
      return rows.length;
    });
    count += adopted;
    if (adopted < BATCH) {
      return count;
    }
  }
}

async function streamsAfter(tx: EntityManager, stream: Stream, after: string): Promise<string[]> {
  const statement = 'SELECT DISTINCT stream_id FROM stream_events WHERE stream = $1 AND stream_id > $2 ORDER BY stream_id LIMIT $3';
  const { rows } = await sql(tx, statement, [stream.name, after, BATCH]);
  return rows.map((row) => textOf(row, 'stream_id'));
}

async function reprojectOne(tx: EntityManager, stream: Stream, id: string): Promise<void> {
  await tx.findOne(stream.target, { where: { id }, ...lockForUpdate(tx) });
  const loaded = await load(tx, stream, id);
  if (loaded !== undefined) {
    await project(tx, stream, id, loaded);
  }
}

async function withoutStream(tx: EntityManager, stream: Stream): Promise<BaseEntity[]> {
  const { tableName } = tx.dataSource.getMetadata(stream.target);
  const statement = `SELECT id FROM "${tableName}" WHERE NOT EXISTS (SELECT 1 FROM stream_events WHERE stream_id = "${tableName}".id) ORDER BY id LIMIT $1`;
  const { rows } = await sql(tx, statement, [BATCH]);
  const found: BaseEntity[] = [];
  for (const row of rows) {
    found.push(await tx.findOneOrFail(stream.target, { where: { id: textOf(row, 'id') }, ...lockForUpdate(tx) }));
  }
  return found;
}
