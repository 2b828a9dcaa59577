import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { InvariantError, NotFoundError, ProblemError } from '../../src/common/problems.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';
import { insert } from '../../src/infrastructure/database/insert.js';
import { InboxMessage, OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { EventDefinition, type DomainEvent } from '../../src/infrastructure/event-bus/event.js';
import { enqueue } from '../../src/infrastructure/event-bus/outbox.js';
import { OutboxRelay } from '../../src/infrastructure/event-bus/outbox-relay.js';
import { SagaParticipation } from '../../src/infrastructure/sagas/saga-participation.entity.js';
import { SagaReactions } from '../../src/infrastructure/sagas/saga-reactions.js';
import { DATABASES, TestService } from '../fixtures/service.js';

const STEP = 'Trial.step';
const Told = new EventDefinition('Told', 1, z.object({ what: z.string() }));
const told = (what: string): DomainEvent => Told.of('trial', { what });

/** What a step does: a row that shows whether it was kept. */
class Work {
  readonly sagaId = uuid7();
  refusal: ProblemError | undefined;
  tellsRefusal = true;
  readonly reactions: SagaReactions;

  constructor(private readonly service: TestService) {
    this.reactions = service.app.get(SagaReactions);
  }

  do(): Promise<void> {
    const refusal = this.tellsRefusal ? told : undefined;
    return this.service.run((tx) => this.reactions.takePart(tx, this.sagaId, STEP, () => this.act(tx), refusal));
  }

  undo(): Promise<void> {
    const undone = told('nothing to undo');
    return this.service.run((tx) => this.reactions.takeBack(tx, this.sagaId, STEP, () => this.takeBack(tx), undone));
  }

  async told(): Promise<string[]> {
    const rows = await this.service.run((tx) => tx.find(OutboxMessage, { order: { position: 'ASC' } }));
    return rows.map(({ envelope }) => z.object({ data: Told.schema }).parse(JSON.parse(envelope.toString())).data.what);
  }

  kept(): Promise<number> {
    return this.service.run((tx) => tx.countBy(InboxMessage, { consumer: STEP }));
  }

  async state(): Promise<string | undefined> {
    const where = { saga_id: this.sagaId, step: STEP };
    return (await this.service.run((tx) => tx.findOneBy(SagaParticipation, where)))?.state;
  }

  private async act(tx: EntityManager): Promise<void> {
    await insert(tx, InboxMessage, { consumer: STEP, message_id: this.sagaId, received_at: new Date() });
    if (this.refusal !== undefined) throw this.refusal;
    await enqueue(tx, told('done'));
  }

  private async takeBack(tx: EntityManager): Promise<boolean> {
    const { affected } = await tx.delete(InboxMessage, { consumer: STEP, message_id: this.sagaId });
    if (affected !== 1) throw new NotFoundError('work', this.sagaId);
    await enqueue(tx, told('undone'));
    return true;
  }
}

describe.each(DATABASES)('a step of a choreographed saga on %s', (kind) => {
  let service: TestService;
  let work: Work;

  beforeEach(async () => {
    service = await TestService.start(kind);
    await service.app.get(OutboxRelay).stop(0.1);
    work = new Work(service);
  });

  afterEach(() => service.stop());

  it('that is asked for twice happens once', async () => {
    await work.do();
    await work.do();
    expect([await work.kept(), await work.told()]).toEqual([1, ['done']]);
  });

  it('that is refused leaves nothing but its reason', async () => {
    work.refusal = new InvariantError('there is not enough');
    await work.do();
    expect([await work.kept(), await work.told(), await work.state()]).toEqual([0, ['there is not enough'], 'refused']);
  });

  it('whose refusal no event tells is a failure', async () => {
    work.refusal = new InvariantError('there is not enough');
    work.tellsRefusal = false;
    await expect(work.do()).rejects.toThrow(InvariantError);
    expect([await work.kept(), await work.told(), await work.state()]).toEqual([0, [], undefined]);
  });

  it('is not refused by an outage, and done when it comes again', async () => {
    work.refusal = new ProblemError(503, 'outage', 'nobody answers');
    await expect(work.do()).rejects.toThrow('nobody answers');
    work.refusal = undefined;
    await work.do();
    expect([await work.kept(), await work.told()]).toEqual([1, ['done']]);
  });

  it('is undone once', async () => {
    await work.do();
    await work.undo();
    await work.undo();
    expect([await work.kept(), await work.told()]).toEqual([0, ['done', 'undone']]);
  });

  it.each([true, false])('is told to be undone where nothing was done (refused: %s)', async (isRefused) => {
    work.refusal = new InvariantError('there is not enough');
    if (isRefused) await work.do();
    await work.undo();
    expect([(await work.told()).at(-1), await work.state()]).toEqual(['nothing to undo', 'undone']);
  });

  it('that comes after its compensation is not done any more', async () => {
    await work.undo();
    await work.do();
    expect([await work.kept(), await work.told()]).toEqual([0, ['nothing to undo']]);
  });
});
