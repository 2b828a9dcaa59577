import type { EntityManager } from 'typeorm';

import { NotFoundError } from '../../common/problems.js';
import type { DomainEvent } from '../event-bus/event.js';
import { enqueue } from '../event-bus/outbox.js';
import { getLogger } from '../observability/logger.js';
import { SAGA_STEPS } from '../observability/metrics.js';
import { isRefusal, keep, Participations, partOf, reasonOf } from './saga-participation.js';
import type { SagaParticipation } from './saga-participation.entity.js';
import { attempt } from './savepoint.js';

const log = getLogger('sagas');

/**
 * A participant's side of choreographed sagas (Richardson, Microservices Patterns, ch. 4): each step happens once, or not
 * at all. Events of different services arrive in any order. One row per run and step says what was done, so that a step
 * which comes after its own compensation is not done any more, and a compensation is answered also where there is nothing
 * to undo. It shares the transaction of the work and of what is told of it. The run is known by the id of the saga's entity.
 */
export class SagaReactions extends Participations {
  /** Do the step unless it has been done, refused or taken back; `act` tells that it is done, `refusal` why it is not. */
  async takePart(
    tx: EntityManager,
    sagaId: string,
    step: string,
    act: () => Promise<void>,
    refusal?: (reason: string) => DomainEvent,
  ): Promise<void> {
    const row = await partOf(tx, sagaId, step);
    if (row.state !== 'new') {
      log.info('saga.late_step', { saga_id: sagaId, step, state: row.state });
      return;
    }
    const refused = await attempt(tx, act, (error) => refusal !== undefined && isRefusal(error));
    row.state = 'done';
    if (refused !== undefined && refusal !== undefined) {
      row.state = 'refused';
      row.reason = reasonOf(refused);
      await enqueue(tx, refusal(row.reason));
    }
    await note(tx, row);
  }

  /** Undo the step, and tell so; from then on it is not done any more. `act` says whether there was anything to undo. */
  async takeBack(
    tx: EntityManager,
    sagaId: string,
    step: string,
    act: () => Promise<boolean>,
    undone: DomainEvent,
  ): Promise<void> {
    const row = await partOf(tx, sagaId, step);
    if (row.state === 'undone') {
      log.info('saga.undone_already', { saga_id: sagaId, step });
      return;
    }
    let hasTold = false;
    const work = async (): Promise<void> => {
      hasTold = await act();
    };
    await attempt(tx, work, (error) => error instanceof NotFoundError);
    if (!hasTold) {
      await enqueue(tx, undone);
    }
    row.state = 'undone';
    row.reason = 'undone by its compensation';
    await note(tx, row);
  }
}

async function note(tx: EntityManager, row: SagaParticipation): Promise<void> {
  const { saga_id, step, state, reason } = row;
  await keep(tx, row);
  SAGA_STEPS.inc({ step, outcome: state });
  log.info('saga.step', { saga_id, step, outcome: state, reason });
}
