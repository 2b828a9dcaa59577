import type { EntityManager } from 'typeorm';

import { NotFoundError } from '../../common/problems.js';
import type { EventDefinition } from '../event-bus/event.js';
import { enqueue } from '../event-bus/outbox.js';
import { getLogger } from '../observability/logger.js';
import { SAGA_STEPS } from '../observability/metrics.js';
import { keyOf, type SagaReply } from './saga-message.js';
import type { Outcome } from './saga-outcome.js';
import { isRefusal, keep, Participations, partOf, reasonOf } from './saga-participation.js';
import { SagaParticipation } from './saga-participation.entity.js';
import { attempt } from './savepoint.js';

const log = getLogger('sagas');

/** A step of a saga: its name across all sagas, and the message that answers it. */
export interface Part {
  readonly step: string;
  readonly reply: EventDefinition<SagaReply>;
}

/**
 * A participant's side of sagas (Richardson, Microservices Patterns, ch. 4): each step happens once, or is known not to
 * have. One row per run and step says what was done. It makes a repeated command harmless, tells a compensation what to
 * undo, and refuses a command that arrives after its own compensation. It shares the transaction of work and reply.
 */
export class SagaParticipant extends Participations {
  /** Do the step unless it has been done, refused or undone, and answer what became of it. `act` gives the entity's id. */
  async carryOut(tx: EntityManager, sagaId: string, part: Part, act: () => Promise<string>): Promise<void> {
    const row = await partOf(tx, sagaId, part.step);
    if (row.state === 'new') {
      const work = async (): Promise<void> => {
        row.entity_id = await act();
      };
      const refusal = await attempt(tx, work, isRefusal);
      row.state = refusal === undefined ? 'done' : 'refused';
      row.reason = refusal === undefined ? null : reasonOf(refusal);
      await keep(tx, row);
    }
    await answer(tx, sagaId, part, row.state === 'done' ? 'done' : 'refused', row.reason);
  }

  /** Undo what the step did, if it did anything; from then on its command is refused. */
  async undo(tx: EntityManager, sagaId: string, part: Part, act: (id: string) => Promise<void>): Promise<void> {
    const row = await partOf(tx, sagaId, part.step);
    const { entity_id: id } = row;
    const refusal = row.state === 'done' && id !== null ? await attempt(tx, () => act(id), isRefusal) : undefined;
    if (refusal !== undefined && !(refusal instanceof NotFoundError)) {
      await answer(tx, sagaId, part, 'not_undone', reasonOf(refusal));
      return;
    }
    row.state = 'undone';
    row.reason = 'undone by its compensation';
    await keep(tx, row);
    await answer(tx, sagaId, part, 'undone', null);
  }

  /** The id of what an earlier step of the same run was about; throws NotFoundError where that step is not done. */
  async madeBy(tx: EntityManager, sagaId: string, step: string): Promise<string> {
    const row = await tx.findOneBy(SagaParticipation, { saga_id: sagaId, step });
    if (row?.state !== 'done' || row.entity_id === null) {
      throw new NotFoundError('result of the saga step', step);
    }
    return row.entity_id;
  }
}

/** The values of a command that were given, as a request would carry them. */
export function valuesOf(command: Readonly<Record<string, unknown>>, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, command[name]]).filter(([, value]) => value !== undefined && value !== null));
}

async function answer(tx: EntityManager, sagaId: string, part: Part, outcome: Outcome, reason: string | null): Promise<void> {
  await enqueue(tx, part.reply.of(keyOf(sagaId), { saga_id: sagaId, outcome, reason }));
  SAGA_STEPS.inc({ step: part.step, outcome });
  log.info('saga.step', { saga_id: sagaId, step: part.step, outcome, reason });
}
