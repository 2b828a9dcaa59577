import type { Attributes } from '@opentelemetry/api';
import { z } from 'zod';

/** A CloudEvents 1.0 event in structured JSON mode, with the tracing, partitioning and sequence extensions. */
const envelope = z.object({
  specversion: z.literal('1.0').default('1.0'),
  id: z.uuid(),
  source: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json').default('application/json'),
  dataschema: z.string().nullish(),
  partitionkey: z.string(),
  sequence: z
    .string()
    .regex(/^[0-9]{10}$/)
    .nullish(),
  traceparent: z.string().nullish(),
  tracestate: z.string().nullish(),
  data: z.record(z.string(), z.unknown()),
});

/** A CloudEvents 1.0 event. */
export type Envelope = z.infer<typeof envelope>;

/** An envelope as bytes, with what a broker needs to route it. */
export interface Message {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly body: Buffer;
  /** Where it goes or comes from, as a span tells it. */
  readonly channel?: Attributes;
}

/** The message can never be handled: not an event, or not of the agreed schema. */
export class PoisonMessageError extends Error {
  override readonly name = 'PoisonMessageError';
}

/** The envelope in a message; throws PoisonMessageError where the bytes are not a CloudEvent. */
export function openEnvelope(message: Message): Envelope {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.body));
  } catch (error) {
    throw new PoisonMessageError('not a CloudEvent: not JSON', { cause: error });
  }
  const parsed = envelope.safeParse(content);
  if (!parsed.success) {
    throw new PoisonMessageError(`not a CloudEvent: ${parsed.error.issues.length} faults`);
  }
  return parsed.data;
}

const IDENTIFIED = /^[^/]+\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a message is about, fit for a log: a kind of entity, and an id where the key holds one; any other key may be personal. */
export function subjectOf({ key }: Message): string {
  return IDENTIFIED.test(key) ? key : (key.split('/')[0] ?? '');
}

/** What a span tells of a message (OpenTelemetry's messaging conventions). Its key may be personal, so it stays out. */
export function spanAttributes(message: Message, operation: 'publish' | 'process'): Attributes {
  return {
    'messaging.operation.name': operation,
    'messaging.operation.type': operation === 'publish' ? 'send' : operation,
    'messaging.message.id': message.id,
    ...message.channel,
  };
}

/** The trace that an envelope belongs to, as headers. */
export function traceOf({ traceparent, tracestate }: Envelope): Record<string, string> {
  return { ...(traceparent ? { traceparent } : {}), ...(tracestate ? { tracestate } : {}) };
}
