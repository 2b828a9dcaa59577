import { isDeepStrictEqual } from 'node:util';

import type { EntityManager, ObjectLiteral } from 'typeorm';

import type { BaseEntity } from '../database/base.entity.js';
import { EntityRepository } from '../database/entity-repository.js';
import { getLogger } from '../observability/logger.js';
import { close, load, open, proceed, project } from './event-store.js';
import type { State } from './stream-event.entity.js';
import { MissingStreamError, stateOf, type Stream } from './stream.js';

const log = getLogger('event-store');

/** What entities were when they were last read or written, so that an event tells no more than what has changed. */
const known = new WeakMap<object, State>();

/**
 * Event sourcing (Richardson, Microservices Patterns, ch. 6): an entity is the sum of the events in its stream.
 *
 * Whatever is kept here is appended to the entity's stream in the same transaction. The row is a projection, for lists and
 * reads; what a change starts from is read from the stream, and a row that differs is put right. Events are never changed:
 * the database refuses it.
 */
export abstract class StreamRepository<E extends BaseEntity & ObjectLiteral> extends EntityRepository<E> {
  protected constructor(
    private readonly stream: Stream<E>,
    noun: string,
  ) {
    super(stream.target, noun);
  }

  /**
   * The one with that id; where it is to be changed, locked and as its stream has it.
   *
   * @throws NotFoundError - there is none.
   * @throws MissingStreamError - it has no stream.
   * @throws UnreadableStreamError - an event is not understood.
   */
  override async get(tx: EntityManager, id: string, { forUpdate = false } = {}): Promise<E> {
    const found = await super.get(tx, id, { forUpdate });
    return forUpdate ? await this.restored(tx, found) : this.remembered(found);
  }

  /** The one whose unique fields have these values, locked and as its stream has it. Throws as `get` does. */
  override async find(tx: EntityManager, values: Partial<E>): Promise<E> {
    return await this.restored(tx, await super.find(tx, values));
  }

  /** Keep a new one, and begin its stream. */
  override async add(tx: EntityManager, entity: E): Promise<void> {
    await super.add(tx, entity);
    await open(tx, this.stream, entity);
    this.remembered(entity);
  }

  /** Store what has changed, and tell its stream. Throws ConcurrentChangeError where somebody else changed it meanwhile. */
  override async update(tx: EntityManager, entity: E): Promise<void> {
    const { version } = entity;
    await super.update(tx, entity);
    if (entity.version !== version) {
      await proceed(tx, this.stream, entity, known.get(entity));
      this.remembered(entity);
    }
  }

  /** Forget one; its stream stays, and says so. */
  override async remove(tx: EntityManager, entity: E): Promise<void> {
    await super.remove(tx, entity);
    await close(tx, this.stream, entity);
  }

  private async restored(tx: EntityManager, entity: E): Promise<E> {
    const loaded = await load(tx, this.stream, entity.id);
    if (loaded === undefined) {
      throw new MissingStreamError(this.stream.name, entity.id);
    }
    if (entity.version === loaded.version && isDeepStrictEqual(stateOf(this.stream, entity), loaded.state)) {
      return this.remembered(entity);
    }
    log.warning('stream.projection_repaired', { stream: this.stream.name, entity_id: entity.id, version: loaded.version });
    await project(tx, this.stream, entity.id, loaded);
    return this.remembered(await super.get(tx, entity.id, { forUpdate: true }));
  }

  private remembered(entity: E): E {
    known.set(entity, stateOf(this.stream, entity));
    return entity;
  }
}
