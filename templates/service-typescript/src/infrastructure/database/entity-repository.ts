import { isDeepStrictEqual } from 'node:util';

import { MoreThan } from 'typeorm';
import type { EntityManager, EntityTarget, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';

import { now } from '../../common/moment.js';
import { ConcurrentChangeError, NotFoundError } from '../../common/problems.js';
import type { BaseEntity } from './base.entity.js';
import { uuid7 } from './clock.js';
import { insert } from './insert.js';
import { lockForUpdate } from './unit-of-work.js';

const BY_ID: object = { id: 'ASC' };

/** What stored entities were when they were last read or written, so that a change of nothing keeps the version. */
const stored = new WeakMap<object, object>();

/** What each repository can do, within the caller's transaction. */
export abstract class EntityRepository<E extends BaseEntity & ObjectLiteral> {
  protected constructor(
    private readonly target: EntityTarget<E>,
    private readonly noun: string,
  ) {}

  /**
   * The one with that id, locked against other writers if it is to be changed.
   *
   * @throws NotFoundError - there is none.
   */
  async get(tx: EntityManager, id: string, { forUpdate = false } = {}): Promise<E> {
    const found = await tx.findOne(this.target, { where: matching<E>({ id }), ...(forUpdate ? lockForUpdate(tx) : {}) });
    if (found === null) throw new NotFoundError(this.noun, id);
    return remembered(found);
  }

  /**
   * The one whose unique fields have these values, locked against other writers.
   *
   * @throws NotFoundError - there is none.
   */
  async find(tx: EntityManager, values: Partial<E>): Promise<E> {
    const found = await tx.findOne(this.target, { where: matching<E>(values), ...lockForUpdate(tx) });
    if (found === null) throw new NotFoundError(this.noun, JSON.stringify(values));
    return remembered(found);
  }

  /** At most `limit` in the order of their ids, that is of their creation, and the cursor of the next page. */
  async page(tx: EntityManager, limit: number, after: string | undefined, filters: object): Promise<[E[], string | null]> {
    const wanted = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null);
    const where = matching<E>({ ...Object.fromEntries(wanted), ...(after !== undefined && { id: MoreThan(after) }) });
    const found = await tx.find(this.target, { where, order: BY_ID, take: limit + 1 });
    const items = found.slice(0, limit);
    return [items, found.length > limit ? (items.at(-1)?.id ?? null) : null];
  }

  /** Keep a new one; its id, version and times are set. */
  async add(tx: EntityManager, entity: E): Promise<void> {
    entity.id = uuid7();
    entity.version = 1;
    entity.created_at = entity.updated_at = now();
    await insert(tx, this.target, entity);
    remembered(entity);
  }

  /**
   * Store what has changed under the next version; where nothing has, nothing happens.
   *
   * @throws ConcurrentChangeError - somebody else changed it meanwhile.
   */
  async update(tx: EntityManager, entity: E): Promise<void> {
    if (isDeepStrictEqual(stored.get(entity), rowOf(entity))) return;
    const where = matching<E>({ id: entity.id, version: entity.version });
    entity.version += 1;
    entity.updated_at = now();
    const { affected } = await tx.update(this.target, where, rowOf(entity));
    if (affected !== 1) throw new ConcurrentChangeError();
    remembered(entity);
  }

  /** Forget one. */
  async remove(tx: EntityManager, entity: E): Promise<void> {
    await tx.delete(this.target, matching<E>({ id: entity.id }));
  }
}

function remembered<E extends object>(entity: E): E {
  stored.set(entity, structuredClone(rowOf(entity)));
  return entity;
}

/** What rows are found by. */
export function matching<E>(values: object): FindOptionsWhere<E> {
  return values;
}

/** The entity's columns: own properties only, as what is computed stands on its class. */
export function rowOf<E extends object>(entity: E): QueryDeepPartialEntity<E> {
  return { ...entity };
}
