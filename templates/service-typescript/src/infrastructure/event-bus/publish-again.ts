import { Like, type EntityManager } from 'typeorm';

import { utcNow } from '../database/clock.js';
import { OutboxMessage } from '../database/tables/index.js';

/**
 * Publish events once more, under the ids that they have: who has handled one drops it, who has put it aside gets it anew.
 * Whichever versions of them were published are published again.
 */
export async function publishAgain(tx: EntityManager, orderingKey: string, eventTypes: readonly string[]): Promise<void> {
  for (const type of eventTypes) {
    const which = { ordering_key: orderingKey, event_type: Like(`${type.slice(0, type.lastIndexOf('.'))}.%`) };
    await tx.update(OutboxMessage, which, { published_at: null, available_at: utcNow(), attempts: 0 });
  }
}
