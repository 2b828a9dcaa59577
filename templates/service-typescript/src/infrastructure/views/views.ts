import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { LessThan, MoreThan, type EntityManager, type FindOptionsWhere, type SelectQueryBuilder } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { z } from 'zod';

import { NotFoundError } from '../../common/problems.js';
import { numberOf, sql } from '../database/sql.js';
import { lockForUpdate, type UnitOfWork } from '../database/unit-of-work.js';
import { PoisonMessageError } from '../event-bus/envelope.js';
import type { EventDefinition } from '../event-bus/event.js';
import type { Handler } from '../event-bus/event-bus.js';
import type { Inbox } from '../event-bus/inbox.js';
import { describe, getLogger } from '../observability/logger.js';
import { VIEW_LAG } from '../observability/metrics.js';
import { apply, changeOf, type Change, type View } from './view.js';
import { ViewGeneration, type ViewRow } from './view-row.entity.js';

const log = getLogger('views');

/** The rows of a view that was never rebuilt. */
export const FIRST_GENERATION = 1;

const SWEEP_MS = 600_000;
const HOUR_MS = 3_600_000;
const json = z.record(z.string(), z.unknown());

/**
 * CQRS views (Richardson, Microservices Patterns, ch. 7): rows that the events of other services keep up to date. A row is
 * a function of what its origins, entities of other services, look like now. Each value remembers the id and the version
 * of the entity that it came from and gives way to a later version only, so events may repeat and overtake each other.
 */
export class Views implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly inbox: Inbox,
    private readonly retentionHours: number,
    private readonly all: readonly View[],
  ) {}

  /** A handler that carries an event into a view, once, in one transaction with its inbox row. */
  projector<T>(view: View, event: EventDefinition<T>): Handler {
    const sources = view.sources.filter((source) => source.event.type === event.type);
    return this.inbox.consumer(event, `${view.name}.on_${event.name}`, async (tx, data, envelope) => {
      const changes = sources.map((source) => changeOf(source, json.parse(data), envelope));
      try {
        await project(tx, view, changes);
      } catch (error) {
        if (error instanceof z.ZodError) {
          throw new PoisonMessageError(`${event.name} does not fit ${view.name}: ${error.issues.length} faults`);
        }
        throw error;
      }
      VIEW_LAG.observe({ view: view.name }, Math.max(0, (Date.now() - new Date(envelope.time).getTime()) / 1000));
    });
  }

  /** The row of that key; throws NotFoundError where there is none, or where not all of its sources have told yet. */
  async find<R extends ViewRow>(view: View<R>, key: string): Promise<R> {
    const found = await this.unitOfWork.single((tx) => rowsOf(tx, view).andWhere({ [view.key]: key }).getOne());
    if (found === null) {
      throw new NotFoundError(view.noun, key);
    }
    return found;
  }

  /** At most `limit` rows in the order of their keys, and where to go on. */
  async page<R extends ViewRow>(
    view: View<R>,
    { limit, cursor, ...filters }: { limit: number; cursor?: string | null | undefined } & Readonly<Record<string, unknown>>,
  ): Promise<[R[], string | null]> {
    const wanted = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null);
    const after = cursor === undefined || cursor === null ? {} : { [view.key]: MoreThan(cursor) };
    const found = await this.unitOfWork.single((tx) =>
      rowsOf(tx, view)
        .andWhere({ ...Object.fromEntries(wanted), ...after })
        .orderBy(`row.${view.key}`)
        .limit(limit + 1)
        .getMany(),
    );
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return [items, found.length > limit && last !== undefined ? String(Reflect.get(last, view.key)) : null];
  }

  /** Forget rows of a view that were deleted before a moment, and what rebuilds have left; returns how many. */
  async purge(view: View, before: Date): Promise<number> {
    const where = matching<ViewRow>({ deleted_at: LessThan(before) });
    const { affected } = await this.unitOfWork.single((tx) => tx.delete(view.row, where));
    return (affected ?? 0) + (await forget(this.unitOfWork, view));
  }

  onApplicationBootstrap(): void {
    const sweep = async (): Promise<void> => {
      for (const view of this.all) {
        await this.purge(view, new Date(Date.now() - this.retentionHours * HOUR_MS));
      }
    };
    this.sweeper = setInterval(() => {
      sweep().catch((error: unknown) => {
        log.warning('view.purge_failed', { error: describe(error) });
      });
    }, SWEEP_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.sweeper);
  }
}

/** Carry changes into the rows that are shown, and into those that are being built. */
export async function project(tx: EntityManager, view: View, changes: readonly Change[]): Promise<void> {
  const found = await tx.findOneBy(ViewGeneration, { view: view.name });
  const { active, building } = found ?? { active: FIRST_GENERATION, building: null };
  await load(tx, view, active, changes);
  if (building !== null) {
    await load(tx, view, building, changes);
  }
}

/** Carry changes into the rows of one generation. */
export async function load(tx: EntityManager, view: View, generation: number, changes: readonly Change[]): Promise<void> {
  for (const change of changes.toSorted((left, right) => (left.key < right.key ? -1 : 1))) {
    const row = await locked(tx, view, generation, change);
    apply(view, row, change);
    await tx.update(view.row, matching({ generation, [view.key]: change.key }), columnsOf(row));
  }
}

/** Delete the rows of generations that came before the one that is shown; returns how many. */
export async function forget(unitOfWork: UnitOfWork, view: View): Promise<number> {
  let total = 0;
  for (let count = -1; count !== 0; total += count) {
    count = await unitOfWork.run(async (tx) => {
      const table = tableOf(tx, view);
      const active = `SELECT active FROM view_generations WHERE view = $1`;
      const some = `SELECT generation, "${view.key}" FROM ${table} WHERE generation < (${active}) LIMIT 1000`;
      const { rows } = await sql(tx, `SELECT count(*) AS count FROM (${some}) AS former`, [view.name]);
      await sql(tx, `DELETE FROM ${table} WHERE (generation, "${view.key}") IN (${some})`, [view.name]);
      return rows[0] === undefined ? 0 : numberOf(rows[0], 'count');
    });
  }
  return total;
}

function rowsOf<R extends ViewRow>(tx: EntityManager, view: View<R>): SelectQueryBuilder<R> {
  const active = `COALESCE((SELECT active FROM view_generations WHERE view = :view), ${FIRST_GENERATION})`;
  return tx
    .createQueryBuilder(view.row, 'row')
    .where(`row.generation = ${active}`, { view: view.name })
    .andWhere('row.is_visible = TRUE');
}

/** The row of a key, locked; a new one where there was none. */
async function locked(tx: EntityManager, view: View, generation: number, { key, at }: Change): Promise<ViewRow> {
  const columns = `generation, "${view.key}", as_of, is_visible, positions, parts`;
  const statement = `INSERT INTO ${tableOf(tx, view)} (${columns}) VALUES ($1, $2, $3, FALSE, '{}', '{}') ON CONFLICT DO NOTHING`;
  await sql(tx, statement, [generation, key, at]);
  const where = matching<ViewRow>({ generation, [view.key]: key });
  return await tx.findOneOrFail(view.row, { where, ...lockForUpdate(tx) });
}

function tableOf(tx: EntityManager, view: View): string {
  return `"${tx.dataSource.getMetadata(view.row).tableName}"`;
}

function columnsOf<E extends object>(row: E): QueryDeepPartialEntity<E> {
  return { ...row };
}

function matching<E>(values: object): FindOptionsWhere<E> {
  return values;
}
