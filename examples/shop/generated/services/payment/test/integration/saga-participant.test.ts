import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { InvariantError, NotFoundError, ProblemError } from '../../src/common/problems.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';
import { insert } from '../../src/infrastructure/database/insert.js';
import { InboxMessage, OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { EventDefinition } from '../../src/infrastructure/event-bus/event.js';
import { OutboxRelay } from '../../src/infrastructure/event-bus/outbox-relay.js';
import { Outcome } from '../../src/infrastructure/sagas/saga-message.js';
import { SagaParticipant, type Part } from '../../src/infrastructure/sagas/saga-participant.js';
import { DATABASES, TestService } from '../fixtures/service.js';

const answer = z.object({ saga_id: z.uuid(), outcome: Outcome, reason: z.string().nullish() });
const PART: Part = { step: 'Trial.step', reply: new EventDefinition('Answered', 1, answer) };

/** What a step does: a row that shows whether it was kept. */
class Work {
  readonly sagaId = uuid7();
  readonly made: string[] = [];
  readonly undone: string[] = [];
  refusal: ProblemError | undefined;
  readonly participant: SagaParticipant;

  constructor(private readonly service: TestService) {
    this.participant = service.app.get(SagaParticipant);
  }

  carryOut(): Promise<void> {
    return this.service.run((tx) => this.participant.carryOut(tx, this.sagaId, PART, () => this.act(tx)));
  }

  undo(): Promise<void> {
    const act = async (id: string): Promise<void> => {
      this.undone.push(id);
    };
    return this.service.run((tx) => this.participant.undo(tx, this.sagaId, PART, act));
  }

  madeBy(): Promise<string> {
    return this.service.run((tx) => this.participant.madeBy(tx, this.sagaId, PART.step));
  }

  async answers(): Promise<unknown[]> {
    const rows = await this.service.run((tx) => tx.find(OutboxMessage, { order: { position: 'ASC' } }));
    const replies = rows.map(({ envelope }) => z.object({ data: answer }).parse(JSON.parse(envelope.toString())).data);
    return replies.map(({ outcome, reason }) => (outcome === 'refused' ? [outcome, reason] : outcome));
  }

  kept(): Promise<number> {
    return this.service.run((tx) => tx.countBy(InboxMessage, { consumer: PART.step }));
  }

  private async act(tx: EntityManager): Promise<string> {
    const id = uuid7();
    await insert(tx, InboxMessage, { consumer: PART.step, message_id: id, received_at: new Date() });
    if (this.refusal !== undefined) throw this.refusal;
    this.made.push(id);
    return id;
  }
}

describe.each(DATABASES)('a step of a saga on %s', (kind) => {
  let service: TestService;
  let work: Work;

  beforeEach(async () => {
    service = await TestService.start(kind);
    await service.app.get(OutboxRelay).stop(0.1);
    work = new Work(service);
  });

  afterEach(() => service.stop());

  it('acts once and answers twice when its command comes twice', async () => {
    await work.carryOut();
    await work.carryOut();
    expect([work.made.length, await work.kept()]).toEqual([1, 1]);
    expect(await work.answers()).toEqual(['done', 'done']);
    expect(await work.madeBy()).toBe(work.made[0]);
  });

  it('leaves nothing but its reason when it is refused', async () => {
    work.refusal = new InvariantError('there is not enough');
    await work.carryOut();
    expect(await work.kept()).toBe(0);
    expect(await work.answers()).toEqual([['refused', 'there is not enough']]);
    await expect(work.madeBy()).rejects.toThrow(NotFoundError);
  });

  it('is not refused by an outage, and done when its command comes again', async () => {
    work.refusal = new ProblemError(503, 'outage', 'nobody answers');
    await expect(work.carryOut()).rejects.toThrow('nobody answers');
    work.refusal = undefined;
    await work.carryOut();
    expect(await work.kept()).toBe(1);
    expect(await work.answers()).toEqual(['done']);
  });

  it('is undone once', async () => {
    await work.carryOut();
    await work.undo();
    await work.undo();
    expect(work.undone).toEqual(work.made);
    expect(await work.answers()).toEqual(['done', 'undone', 'undone']);
  });

  it('is refused when its command comes after its compensation', async () => {
    await work.undo();
    await work.carryOut();
    expect([work.made, work.undone]).toEqual([[], []]);
    expect(await work.answers()).toEqual(['undone', ['refused', 'undone by its compensation']]);
  });
});
