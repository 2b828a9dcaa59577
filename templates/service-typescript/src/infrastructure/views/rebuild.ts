import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { now } from '../../common/moment.js';
import { sql } from '../database/sql.js';
import { lockForUpdate, type UnitOfWork } from '../database/unit-of-work.js';
import type { Clients } from '../http-client/clients.js';
import { DependencyError } from '../http-client/dependency-client.js';
import { CircuitOpenError } from '../http-client/resilience.js';
import { describe, getLogger } from '../observability/logger.js';
import { snapshotOf, type Origin, type View } from './view.js';
import { ViewGeneration } from './view-row.entity.js';
import { FIRST_GENERATION, forget, load } from './views.js';

const log = getLogger('views');

const PAGE = 100;

/** How often a rebuild asks for a page before it gives up; it waits longer each time. */
const TRIES = 8;

const listed = z.object({ items: z.array(z.record(z.string(), z.unknown())), next_cursor: z.string().nullable() });
type Listed = z.infer<typeof listed>;

/** Another rebuild of the same view has begun since. */
export class RebuildReplacedError extends Error {
  override readonly name = 'RebuildReplacedError';
}

/**
 * Build all rows of a view anew from its origins' lists, show them, and forget the former ones; returns how many entities
 * were read. Throws RebuildReplacedError where another rebuild has begun meanwhile, and DependencyError where an origin
 * does not answer or refuses.
 *
 * Events go to the former and to the new rows while this lasts. None is missed: one that was projected before the rebuild
 * began had been committed by its publisher before any list was read. None is undone: what a list says has a version too.
 */
export async function rebuild(unitOfWork: UnitOfWork, view: View, clients: Clients, token?: string): Promise<number> {
  const generation = await begin(unitOfWork, view);
  let total = 0;
  for (const origin of view.origins) {
    let count = 0;
    let cursor: string | null = '';
    while (cursor !== null) {
      const at = now();
      const page = await patiently(origin, clients, cursor, token);
      const changes = page.items.map((entity) => snapshotOf(origin, entity, at)).filter((each) => each !== undefined);
      await unitOfWork.run(async (tx) => {
        const found = await tx.findOneBy(ViewGeneration, { view: view.name });
        if (found?.building !== generation) throw new RebuildReplacedError(view.name);
        await load(tx, view, generation, changes);
      });
      count += page.items.length;
      log.info('view.rebuilding', { view: view.name, origin: origin.name, read: count });
      cursor = page.next_cursor;
    }
    total += count;
  }
  await activate(unitOfWork, view, generation);
  log.info('view.rebuilt', { view: view.name, generation, read: total });
  await forget(unitOfWork, view);
  return total;
}

/** A new generation; one that an earlier rebuild has left unfinished is given up. */
async function begin(unitOfWork: UnitOfWork, view: View): Promise<number> {
  return await unitOfWork.run(async (tx) => {
    const statement = 'INSERT INTO view_generations (view, active, building) VALUES ($1, $2, NULL) ON CONFLICT DO NOTHING';
    await sql(tx, statement, [view.name, FIRST_GENERATION]);
    const found = await tx.findOneOrFail(ViewGeneration, { where: { view: view.name }, ...lockForUpdate(tx) });
    const building = Math.max(found.active, found.building ?? 0) + 1;
    await tx.update(ViewGeneration, { view: view.name }, { building });
    return building;
  });
}

async function activate(unitOfWork: UnitOfWork, view: View, generation: number): Promise<void> {
  await unitOfWork.run(async (tx) => {
    const found = await tx.findOne(ViewGeneration, { where: { view: view.name }, ...lockForUpdate(tx) });
    if (found?.building !== generation) throw new RebuildReplacedError(view.name);
    await tx.update(ViewGeneration, { view: view.name }, { active: generation, building: null });
  });
}

async function patiently(origin: Origin, clients: Clients, cursor: string, token: string | undefined): Promise<Listed> {
  const query = { limit: String(PAGE), ...(cursor === '' ? {} : { cursor }) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return listed.parse(await origin.list(clients, query, token));
    } catch (error) {
      if (attempt === TRIES || !isWorthWaiting(error)) throw error;
      log.warning('view.origin_unavailable', { origin: origin.name, error: describe(error) });
      await sleep(Math.min(250 * 2 ** attempt, 15_000));
    }
  }
}

function isWorthWaiting(error: unknown): boolean {
  return error instanceof CircuitOpenError || (error instanceof DependencyError && error.isTransient);
}
