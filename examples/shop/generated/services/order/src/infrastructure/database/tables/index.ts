import { IdempotencyRecord } from './idempotency-key.entity.js';
import { InboxMessage } from './inbox-message.entity.js';
import { OutboxMessage } from './outbox-message.entity.js';

export { IdempotencyRecord, InboxMessage, OutboxMessage };

/** The tables that every service has. */
export const TABLES = [OutboxMessage, InboxMessage, IdempotencyRecord] as const;
