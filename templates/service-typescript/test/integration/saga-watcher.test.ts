import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { InvariantError, NotFoundError, SagaConflictError } from '../../src/common/problems.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';
import { OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { UnitOfWork } from '../../src/infrastructure/database/unit-of-work.js';
import { EventDefinition } from '../../src/infrastructure/event-bus/event.js';
import { enqueue } from '../../src/infrastructure/event-bus/outbox.js';
import { OutboxRelay } from '../../src/infrastructure/event-bus/outbox-relay.js';
import { publishAgain } from '../../src/infrastructure/event-bus/publish-again.js';
import type { Choreography } from '../../src/infrastructure/sagas/choreography.js';
import { SagaEntry, SagaRun } from '../../src/infrastructure/sagas/saga-run.entity.js';
import { requireSettled } from '../../src/infrastructure/sagas/saga-runs.js';
import { SagaStep } from '../../src/infrastructure/sagas/saga-step.entity.js';
import { noteTransition, requireTurnable, watch } from '../../src/infrastructure/sagas/watch.js';
import { Watcher } from '../../src/infrastructure/sagas/watcher.js';
import { DATABASES, TestService } from '../fixtures/service.js';

const HOUR_MS = 3_600_000;
const Told = z.object({ entity_id: z.uuid() });
const Started = new EventDefinition('Started', 1, Told);
const Failed = new EventDefinition('Failed', 1, Told);

const TRIAL: Choreography = {
  name: 'Trial',
  timeoutMs: HOUR_MS,
  subject: 'trial',
  decision: 'decide',
  succeedsWith: 'succeed',
  failsWith: 'fail',
  steps: [
    { name: 'first', timeoutMs: HOUR_MS, startsOn: Started.type, undoneOn: Failed.type },
    { name: 'second', timeoutMs: HOUR_MS, after: 'first', undoneOn: Failed.type },
    { name: 'decide', timeoutMs: HOUR_MS, after: 'second' },
    { name: 'third', timeoutMs: HOUR_MS, after: 'decide' },
  ],
};

/** A watcher over the service's database, whose entities fail when they are told to. */
class Trial {
  obstacle: Error | undefined;
  readonly watcher: Watcher;

  constructor(
    readonly service: TestService,
    isPostgresql: boolean,
  ) {
    const watched = {
      saga: TRIAL,
      lock: async (): Promise<void> => {
        if (this.obstacle instanceof NotFoundError) throw this.obstacle;
      },
      fail: async (tx: EntityManager, id: string): Promise<void> => {
        if (this.obstacle !== undefined) throw this.obstacle;
        await enqueue(tx, Failed.of(`trial/${id}`, { entity_id: id }));
        await noteTransition(tx, TRIAL, id, 'fail');
      },
    };
    this.watcher = new Watcher(service.app.get(UnitOfWork), isPostgresql, [watched]);
  }

  async begin(): Promise<string> {
    const id = uuid7();
    await this.service.run(async (tx) => {
      await watch(tx, TRIAL, id);
      await enqueue(tx, Started.of(`trial/${id}`, { entity_id: id }));
    });
    return id;
  }

  async tell(id: string, step: string, outcome: 'done' | 'refused' | 'undone' = 'done'): Promise<SagaRun> {
    const reason = outcome === 'refused' ? 'why' : undefined;
    await this.service.run((tx) => this.watcher.onEvent(tx, TRIAL, id, step, outcome, reason));
    return await this.look(id);
  }

  async move(id: string, transition: string): Promise<SagaRun> {
    await this.service.run((tx) => noteTransition(tx, TRIAL, id, transition));
    return await this.look(id);
  }

  look(id: string): Promise<SagaRun> {
    return this.service.run((tx) => tx.findOneByOrFail(SagaRun, { entity_id: id }));
  }

  async makeOverdue(id: string, step?: string): Promise<SagaRun> {
    const run = await this.look(id);
    const past = { due_at: new Date(Date.now() - 1000) };
    await this.service.run(async (tx) => {
      await tx.update(SagaRun, { id: run.id }, past);
      if (step !== undefined) await tx.update(SagaStep, { saga_id: run.id, step }, past);
    });
    await this.watcher.expire();
    return await this.look(id);
  }

  async publish(): Promise<void> {
    await this.service.run((tx) => tx.createQueryBuilder().update(OutboxMessage).set({ published_at: new Date() }).execute());
  }

  async history(id: string): Promise<unknown[]> {
    const run = await this.look(id);
    const { history } = await this.service.run((tx) => this.watcher.view(tx, run.id));
    return history.map(({ step, what, actor }) => [step ?? actor, what]);
  }

  async states(id: string): Promise<Record<string, string>> {
    const run = await this.look(id);
    const rows = await this.service.run((tx) => tx.findBy(SagaStep, { saga_id: run.id }));
    return Object.fromEntries(rows.map(({ step, state }) => [step, state]));
  }

  /** Every event in the outbox, and whether it is to be published still. */
  async told(): Promise<unknown[]> {
    const rows = await this.service.run((tx) => tx.find(OutboxMessage, { order: { position: 'ASC' } }));
    return rows.map(({ event_type, published_at }) => [event_type.split('.')[1], published_at === null]);
  }
}

describe.each(DATABASES)('a choreographed saga on %s', (kind) => {
  let service: TestService;
  let trial: Trial;
  let id: string;

  beforeEach(async () => {
    service = await TestService.start(kind);
    await service.app.get(OutboxRelay).stop(0.1);
    trial = new Trial(service, kind === 'postgresql');
    id = await trial.begin();
  });

  afterEach(() => service.stop());

  it('ends when its entity has succeeded and every step is done', async () => {
    await trial.tell(id, 'second');
    await trial.tell(id, 'first');
    expect((await trial.move(id, 'succeed')).state).toBe('running');
    expect((await trial.tell(id, 'third')).state).toBe('completed');
    expect(await trial.history(id)).toEqual([
      [null, 'started'],
      ['second', 'done'],
      ['first', 'done'],
      ['decide', 'done'],
      ['third', 'done'],
      [null, 'completed'],
    ]);
  });

  it('that is refused fails its entity and waits until each has undone its step', async () => {
    await trial.tell(id, 'first');
    expect(await trial.tell(id, 'second', 'refused')).toMatchObject({ state: 'compensating', reason: 'why' });
    expect((await trial.tell(id, 'first', 'undone')).state).toBe('compensating');
    expect((await trial.tell(id, 'second', 'undone')).state).toBe('compensated');
    expect(await trial.told()).toEqual([
      ['Started', true],
      ['Failed', true],
    ]);
  });

  it('turns around whoever fails its entity', async () => {
    expect(await trial.move(id, 'fail')).toMatchObject({ state: 'compensating', is_backward: true });
    expect(await trial.told()).toEqual([['Started', true]]);
  });

  it('fails where a participant takes its step back by itself', async () => {
    await trial.tell(id, 'first');
    const run = await trial.tell(id, 'first', 'undone');
    expect(run).toMatchObject({ state: 'compensating', reason: 'first was undone' });
    expect((await trial.tell(id, 'second', 'undone')).state).toBe('compensated');
  });

  it('is not moved by what is told twice or late', async () => {
    await trial.tell(id, 'first');
    await trial.tell(id, 'first');
    await trial.move(id, 'fail');
    await trial.tell(id, 'first', 'undone');
    await trial.tell(id, 'first');
    await trial.tell(id, 'second', 'undone');
    expect((await trial.tell(id, 'second')).state).toBe('compensated');
    expect((await trial.history(id)).filter((entry) => String(entry) === 'first,done')).toHaveLength(1);
  });

  it('waits for a step from the moment that it could begin', async () => {
    const waiting = { decide: 'waiting', third: 'waiting' };
    expect(await trial.states(id)).toEqual({ first: 'due', second: 'waiting', ...waiting });
    await trial.tell(id, 'first');
    expect(await trial.states(id)).toEqual({ first: 'done', second: 'due', ...waiting });
  });

  it('fails its entity where a participant is silent', async () => {
    await trial.tell(id, 'first');
    const run = await trial.makeOverdue(id, 'second');
    expect(run).toMatchObject({ state: 'compensating', reason: 'second was not done in time' });
    expect(await trial.history(id)).toContainEqual(['second', 'timed_out']);
  });

  it('fails its entity when its own time is up', async () => {
    const run = await trial.makeOverdue(id);
    expect(run).toMatchObject({ state: 'compensating', reason: "the saga's time was up" });
  });

  it('calls an operator where a participant is silent after the pivot, which may still come', async () => {
    await trial.tell(id, 'first');
    await trial.tell(id, 'second');
    await trial.move(id, 'succeed');
    expect(await trial.makeOverdue(id, 'third')).toMatchObject({ state: 'stuck', is_backward: false });
    expect((await trial.tell(id, 'third')).state).toBe('completed');
  });

  it('tells a participant again that does not undo its step', async () => {
    await trial.tell(id, 'first', 'refused');
    await trial.publish();
    expect((await trial.makeOverdue(id, 'first')).state).toBe('compensating');
    expect(await trial.told()).toEqual([
      ['Started', false],
      ['Failed', true],
    ]);
    expect(await trial.history(id)).toContainEqual(['first', 'repeated']);
  });

  it('has the participants told again by an operator', async () => {
    let run = await trial.tell(id, 'first', 'refused');
    while (run.state === 'compensating') run = await trial.makeOverdue(id, 'first');
    expect(run).toMatchObject({ state: 'stuck', is_backward: true });
    await trial.publish();
    await service.run((tx) => trial.watcher.retry(tx, run.id, 'olga'));
    expect((await trial.look(id)).state).toBe('compensating');
    expect(await trial.told()).toEqual([
      ['Started', false],
      ['Failed', true],
    ]);
    await expect(service.run((tx) => trial.watcher.retry(tx, run.id, 'olga'))).rejects.toThrow(SagaConflictError);
  });

  it('is aborted before its pivot by an operator, who is named', async () => {
    const run = await trial.look(id);
    await service.run((tx) => trial.watcher.abort(tx, run.id, 'olga', 'the customer called'));
    expect(await trial.look(id)).toMatchObject({ state: 'compensating', reason: 'the customer called' });
    expect(await trial.history(id)).toContainEqual(['olga', 'aborted']);
  });

  it('is not aborted after its pivot', async () => {
    const run = await trial.move(id, 'succeed');
    await expect(service.run((tx) => trial.watcher.abort(tx, run.id, 'olga', 'late'))).rejects.toThrow(SagaConflictError);
  });

  it.each([new InvariantError('not in this state'), new NotFoundError('entity', 'gone')])(
    'whose entity cannot fail calls an operator and holds up no other: %s',
    async (obstacle) => {
      const other = await trial.begin();
      trial.obstacle = obstacle;
      expect((await trial.makeOverdue(id, 'first')).state).toBe('stuck');
      trial.obstacle = undefined;
      expect((await trial.makeOverdue(other, 'first')).state).toBe('compensating');
    },
  );

  it('lets its entity fail until it has passed its pivot, and go no other way', async () => {
    await service.run((tx) => requireTurnable(tx, TRIAL, id));
    await expect(service.run((tx) => requireSettled(tx, id))).rejects.toThrow(SagaConflictError);
    await trial.move(id, 'succeed');
    await expect(service.run((tx) => requireTurnable(tx, TRIAL, id))).rejects.toThrow(SagaConflictError);
  });

  it('that has ended is forgotten in the end with its steps', async () => {
    const running = await trial.begin();
    for (const step of ['first', 'second']) await trial.tell(id, step);
    await trial.move(id, 'succeed');
    expect((await trial.tell(id, 'third')).state).toBe('completed');
    expect(await trial.watcher.purge(new Date(Date.now() + HOUR_MS))).toBe(1);
    const left = (await trial.look(running)).id;
    const found = await service.run(async (tx) => [await tx.find(SagaRun), await tx.find(SagaEntry), await tx.find(SagaStep)] as const);
    const [runs, entries, steps] = found;
    expect(runs.map((run) => run.id)).toEqual([left]);
    expect(new Set([...entries, ...steps].map(({ saga_id }) => saga_id))).toEqual(new Set([left]));
  });

  it('tells an event again in every version in which it was told', async () => {
    const newer = new EventDefinition(Started.name, 2, Told);
    const key = 'trial/again';
    await service.run(async (tx) => {
      await enqueue(tx, { ...newer.of(key, { entity_id: id }), older: [Started.of(key, { entity_id: id })] });
      await enqueue(tx, Failed.of(key, { entity_id: id }));
    });
    await trial.publish();
    await service.run((tx) => publishAgain(tx, key, [newer.type]));
    expect(await trial.told()).toEqual([
      ['Started', false],
      ['Started', true],
      ['Started', true],
      ['Failed', false],
    ]);
  });
});
