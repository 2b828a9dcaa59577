import { context, propagation, SpanKind, SpanStatusCode, trace, type SpanOptions } from '@opentelemetry/api';
import { LessThan, type EntityManager } from 'typeorm';

import { utcNow } from '../database/clock.js';
import { toMoment } from '../database/columns.js';
import { sql } from '../database/sql.js';
import { InboxMessage } from '../database/tables/index.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { getLogger } from '../observability/logger.js';
import { EVENTS_CONSUMED } from '../observability/metrics.js';
import { openEnvelope, spanAttributes, subjectOf, traceOf, type Envelope } from './envelope.js';
import type { EventDefinition } from './event.js';
import { PoisonMessageError, type Handler, type Message } from './event-bus.js';

const log = getLogger('inbox');
const tracer = trace.getTracer('inbox');

/** Idempotent consumer (Richardson, Microservices Patterns, ch. 3): an event's id is a row beside its effects. */
export class Inbox {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Wrap `handle` so that it runs once per message and consumer, in one transaction with its effects. Its span is a
   * child of what caused the event, and is linked to the publishing that delivered it.
   */
  consumer<T>(
    definition: EventDefinition<T>,
    name: string,
    handle: (tx: EntityManager, data: T, envelope: Envelope) => Promise<void>,
  ): Handler {
    return async (message) => {
      const envelope = openEnvelope(message);
      const data = dataOf(definition, envelope.data);
      const parent = propagation.extract(context.active(), traceOf(envelope));
      await tracer.startActiveSpan(`process ${message.type}`, aboutSpan(message), parent, async (span) => {
        try {
          await this.once(message, envelope.id, name, (tx) => handle(tx, data, envelope));
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
    };
  }

  /** Forget messages received before a moment; returns how many. */
  async purge(before: Date): Promise<number> {
    const result = await this.unitOfWork.run((tx) => tx.delete(InboxMessage, { received_at: LessThan(before) }));
    return result.affected ?? 0;
  }

  private async once(
    message: Message,
    id: string,
    consumer: string,
    work: (tx: EntityManager) => Promise<void>,
  ): Promise<void> {
    const about = { event_id: id, event_type: message.type, subject: subjectOf(message), consumer };
    const isNew = await this.unitOfWork.run(async (tx) => {
      const isClaimed = await claim(tx, id, consumer);
      if (isClaimed) {
        await work(tx);
      }
      return isClaimed;
    });
    if (isNew) {
      log.info('event.handled', about);
    } else {
      EVENTS_CONSUMED.inc({ event: message.type, outcome: 'duplicate' });
      log.info('event.duplicate', about);
    }
  }
}

function aboutSpan(message: Message): SpanOptions {
  const delivery = trace.getSpanContext(context.active());
  const links = delivery === undefined ? [] : [{ context: delivery }];
  return { kind: SpanKind.CONSUMER, attributes: spanAttributes(message, 'process'), links };
}

/** Several handlers of one event, one after the other. */
export function each(...handlers: readonly Handler[]): Handler {
  return async (message) => {
    for (const handler of handlers) {
      await handler(message);
    }
  };
}

/** Whether this message is new to this consumer; a concurrent transaction with the same message waits. */
async function claim(tx: EntityManager, messageId: string, consumer: string): Promise<boolean> {
  const statement = `INSERT INTO inbox_messages (consumer, message_id, received_at) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING message_id`;
  const { rows } = await sql(tx, statement, [consumer, messageId, toMoment(utcNow())]);
  return rows.length > 0;
}

/** What an envelope tells; throws PoisonMessageError where it is not of the agreed schema. */
export function dataOf<T>(definition: EventDefinition<T>, data: unknown): T {
  const parsed = definition.schema.safeParse(data);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PoisonMessageError(`data does not fit ${definition.name}: ${faults.join('; ')}`);
  }
  return parsed.data;
}
