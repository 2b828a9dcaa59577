import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { InvariantError, NotFoundError, SagaConflictError } from '../../src/common/problems.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';
import { OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { UnitOfWork } from '../../src/infrastructure/database/unit-of-work.js';
import { EventDefinition } from '../../src/infrastructure/event-bus/event.js';
import { OutboxRelay } from '../../src/infrastructure/event-bus/outbox-relay.js';
import { Orchestrator } from '../../src/infrastructure/sagas/orchestrator.js';
import { begin } from '../../src/infrastructure/sagas/saga-commands.js';
import { keyOf } from '../../src/infrastructure/sagas/saga-message.js';
import type { Outcome } from '../../src/infrastructure/sagas/saga-outcome.js';
import { SagaEntry, SagaRun } from '../../src/infrastructure/sagas/saga-run.entity.js';
import { requireSettled } from '../../src/infrastructure/sagas/saga-runs.js';
import { processOf, stepAt, type Saga, type Step } from '../../src/infrastructure/sagas/saga.js';
import { DATABASES, TestService } from '../fixtures/service.js';

const HOUR_MS = 3_600_000;
const Ask = new EventDefinition('Ask', 1, z.object({ saga_id: z.uuid(), step: z.string() }));
const Back = new EventDefinition('Back', 1, z.object({ saga_id: z.uuid() }));

function step(name: string, isPivot = false): Step<string> {
  const command: Step<string>['command'] = (sagaId) => Ask.of(keyOf(sagaId), { saga_id: sagaId, step: name });
  return { name, command, timeoutMs: HOUR_MS, isPivot, isRetriable: false };
}

const TRIAL: Saga<string> = {
  name: 'Trial',
  timeoutMs: HOUR_MS,
  steps: [
    { ...step('first'), compensation: (sagaId) => Back.of(keyOf(sagaId), { saga_id: sagaId }) },
    step('second', true),
    step('third'),
  ],
};

const sent = z.object({ data: z.object({ step: z.string().default('back') }) });

/** A coordinator over the service's database, whose sagas end in a list. */
class Trial {
  readonly ends: string[] = [];
  isStubborn = false;
  isGone = false;
  orchestrator: Orchestrator;

  constructor(
    readonly service: TestService,
    private readonly isPostgresql: boolean,
  ) {
    this.orchestrator = this.deploy(TRIAL);
  }

  /** A version of the saga in place of the one before, whose runs stay. */
  deploy(saga: Saga<string>): Orchestrator {
    const process = processOf(saga, {
      load: async (_tx, id) => {
        if (this.isGone) throw new NotFoundError('entity', id);
        return 'entity';
      },
      succeed: async () => {
        if (this.isStubborn) throw new InvariantError('not in this state');
        this.ends.push('succeeded');
      },
      fail: async () => {
        this.ends.push('failed');
      },
    });
    this.orchestrator = new Orchestrator(this.service.app.get(UnitOfWork), this.isPostgresql, [process]);
    return this.orchestrator;
  }

  begin(): Promise<string> {
    return this.service.run((tx) => begin(tx, TRIAL, uuid7(), 'entity'));
  }

  async reply(sagaId: string, name: string, outcome: Outcome): Promise<SagaRun> {
    const answer = { saga_id: sagaId, outcome, reason: 'why' };
    await this.service.run((tx) => this.orchestrator.onReply(tx, answer, name));
    return await this.look(sagaId);
  }

  look(id: string): Promise<SagaRun> {
    return this.service.run((tx) => tx.findOneByOrFail(SagaRun, { id }));
  }

  async makeOverdue(id: string): Promise<SagaRun> {
    await this.service.run((tx) => tx.update(SagaRun, { id }, { due_at: new Date(Date.now() - 1000) }));
    await this.orchestrator.expire();
    return await this.look(id);
  }

  async sent(): Promise<string[]> {
    const rows = await this.service.run((tx) => tx.find(OutboxMessage, { order: { position: 'ASC' } }));
    return rows.map(({ envelope }) => sent.parse(JSON.parse(envelope.toString())).data.step);
  }
}

describe.each(DATABASES)('a saga on %s', (kind) => {
  let service: TestService;
  let trial: Trial;

  beforeEach(async () => {
    service = await TestService.start(kind);
    await service.app.get(OutboxRelay).stop(0.1);
    trial = new Trial(service, kind === 'postgresql');
  });

  afterEach(() => service.stop());

  it('whose steps are done succeeds', async () => {
    const saga = await trial.begin();
    for (const name of ['first', 'second', 'third']) await trial.reply(saga, name, 'done');
    expect((await trial.look(saga)).state).toBe('completed');
    expect(trial.ends).toEqual(['succeeded']);
    expect(await trial.sent()).toEqual(['first', 'second', 'third']);
  });

  it('that is refused before its pivot takes back what was done', async () => {
    const saga = await trial.begin();
    await trial.reply(saga, 'first', 'done');
    expect((await trial.reply(saga, 'second', 'refused')).state).toBe('compensating');
    const run = await trial.reply(saga, 'first', 'undone');
    expect([run.state, run.reason, trial.ends]).toEqual(['compensated', 'why', ['failed']]);
    expect(await trial.sent()).toEqual(['first', 'second', 'back']);
  });

  it('is not moved by an answer that comes twice or late', async () => {
    const saga = await trial.begin();
    await trial.reply(saga, 'first', 'done');
    await trial.reply(saga, 'first', 'done');
    await trial.reply(saga, 'first', 'undone');
    const run = await trial.reply(saga, 'third', 'done');
    expect([run.state, run.step]).toEqual(['running', 'second']);
    expect(await trial.sent()).toEqual(['first', 'second']);
  });

  it('that is refused after its pivot asks again and then needs an operator', async () => {
    const saga = await trial.begin();
    for (const name of ['first', 'second']) await trial.reply(saga, name, 'done');
    let run = await trial.reply(saga, 'third', 'refused');
    expect([run.state, run.is_backward]).toEqual(['running', false]);
    while (run.state === 'running') {
      await trial.makeOverdue(saga);
      run = await trial.reply(saga, 'third', 'refused');
    }
    expect(run.state).toBe('stuck');
    await service.run((tx) => trial.orchestrator.retry(tx, saga, 'olga'));
    expect((await trial.reply(saga, 'third', 'done')).state).toBe('completed');
  });

  it('takes back a step that does not answer in time', async () => {
    const run = await trial.makeOverdue(await trial.begin());
    expect([run.state, run.is_backward]).toEqual(['compensating', true]);
    expect(await trial.sent()).toEqual(['first', 'back']);
  });

  it('asks a pivot that cannot be undone again until it answers', async () => {
    const saga = await trial.begin();
    await trial.reply(saga, 'first', 'done');
    const run = await trial.makeOverdue(saga);
    expect([run.state, run.is_backward]).toEqual(['running', false]);
    expect(await trial.sent()).toEqual(['first', 'second', 'second']);
  });

  it('whose entity is gone is stuck and holds up no other', async () => {
    const [lost, other] = [await trial.begin(), await trial.begin()];
    for (const saga of [lost, other]) await trial.reply(saga, 'first', 'done');
    trial.isGone = true;
    expect((await trial.makeOverdue(lost)).state).toBe('stuck');
    trial.isGone = false;
    expect((await trial.makeOverdue(other)).state).toBe('running');
  });

  it('that cannot end is stuck, and its entity stays locked', async () => {
    trial.isStubborn = true;
    const saga = await trial.begin();
    for (const name of ['first', 'second', 'third']) await trial.reply(saga, name, 'done');
    const run = await trial.look(saga);
    expect([run.state, run.reason]).toEqual(['stuck', 'not in this state']);
    const touching = service.run((tx: EntityManager) => requireSettled(tx, run.entity_id));
    await expect(touching).rejects.toThrow(SagaConflictError);
  });

  it('goes on from its step in a version that has further ones', async () => {
    const saga = await trial.begin();
    await trial.reply(saga, 'first', 'done');
    const [first, second, third] = [stepAt(TRIAL.steps, 0), stepAt(TRIAL.steps, 1), stepAt(TRIAL.steps, 2)];
    trial.deploy({ ...TRIAL, steps: [step('before'), first, second, step('between'), third] });
    for (const name of ['second', 'between', 'third']) await trial.reply(saga, name, 'done');
    expect((await trial.look(saga)).state).toBe('completed');
    expect(await trial.sent()).toEqual(['first', 'second', 'between', 'third']);
  });

  it('whose step is gone calls an operator, and goes on where it is back', async () => {
    const [late, asked] = [await trial.begin(), await trial.begin()];
    trial.deploy({ ...TRIAL, steps: TRIAL.steps.slice(1) });
    for (const run of [await trial.makeOverdue(late), await trial.reply(asked, 'first', 'done')]) {
      expect([run.state, run.step]).toEqual(['stuck', 'first']);
      expect(run.reason).toContain('no step first any more');
    }
    const aborting = service.run((tx) => trial.orchestrator.abort(tx, late, 'olga', 'why'));
    await expect(aborting).rejects.toThrow(SagaConflictError);
    trial.deploy(TRIAL);
    await service.run((tx) => trial.orchestrator.retry(tx, late, 'olga'));
    expect((await trial.reply(late, 'first', 'done')).step).toBe('second');
  });

  it('that has ended is forgotten in the end unless an operator touched it', async () => {
    const [ended, audited, running] = [await trial.begin(), await trial.begin(), await trial.begin()];
    for (const name of ['first', 'second', 'third']) await trial.reply(ended, name, 'done');
    await service.run((tx) => trial.orchestrator.abort(tx, audited, 'olga', 'why'));
    expect((await trial.reply(audited, 'first', 'undone')).state).toBe('compensated');
    expect(await trial.orchestrator.purge(new Date(Date.now() - HOUR_MS))).toBe(0);
    expect(await trial.orchestrator.purge(new Date(Date.now() + HOUR_MS))).toBe(1);
    const [runs, entries] = await service.run(async (tx) => [await tx.find(SagaRun), await tx.find(SagaEntry)]);
    expect(new Set(runs.map(({ id }) => id))).toEqual(new Set([audited, running]));
    expect(new Set(entries.map(({ saga_id }) => saga_id))).toEqual(new Set([audited, running]));
  });
});
