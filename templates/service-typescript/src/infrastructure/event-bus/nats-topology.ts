import { crc32 } from 'node:zlib';

import { AckPolicy, DiscardPolicy, JetStreamApiCodes, JetStreamApiError, RetentionPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { Attributes } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME, SYSTEM_NAME } from '../../config/service.js';
import { RETIRED, ROUTES } from './topology.js';

/** Keys are spread over so many consumers of each service; each gives out one message at a time, whoever asks for it. */
export const LANES = 8;

/** Names of streams, subjects and consumers, and who receives what. Tests give themselves names of their own. */
export class NatsTopology {
  /** Keeps each event until every consumer that wants it has acknowledged it. */
  readonly stream: string;
  /** Keeps what services gave up. */
  readonly deadLetterStream: string;

  constructor(
    readonly system: string,
    readonly routes: Readonly<Record<string, readonly string[]>>,
    readonly retired: readonly string[] = [],
  ) {
    this.stream = `${system}-events`;
    this.deadLetterStream = `${system}-dead-letters`;
  }

  /** Where an event is published: all of one key in one lane. */
  subject(key: string, type: string): string {
    return this.subjectOfLane(crc32(key) % LANES, type);
  }

  /** The subject of a type in one lane. */
  subjectOfLane(lane: number, type: string): string {
    return `${this.system}.events.${lane}.${type}`;
  }

  /** The type of what is published on a subject. */
  typeOf(subject: string): string {
    return subject.split('.').slice(3).join('.');
  }

  /** Where a service puts aside what it gave up. */
  deadLetters(service: string): string {
    return `${this.system}.dead-letters.${service}`;
  }

  /** The durable consumer of a service for one lane. */
  consumer(service: string, lane: number): string {
    return `${service}-${lane}`;
  }

  /** Where events of a type are published, as a span tells it. */
  channel(type: string): Attributes {
    return { 'messaging.system': 'nats', 'messaging.destination.name': `${this.system}.events:${type}` };
  }
}

/** The topology that the system's model asks for. */
export const TOPOLOGY = new NatsTopology(SYSTEM_NAME, ROUTES, RETIRED);

/**
 * Declare the streams and every consumer that this service fills or drains. A publisher declares its subscribers'
 * consumers too, so that nothing is lost before a subscriber's first start.
 */
export async function declare(manager: JetStreamManager, topology: NatsTopology, settings: Settings): Promise<void> {
  const kept = { discard: DiscardPolicy.New, num_replicas: settings.broker_replicas };
  const events = { name: topology.stream, subjects: [`${topology.system}.events.>`], retention: RetentionPolicy.Interest };
  const letters = { name: topology.deadLetterStream, subjects: [topology.deadLetters('>')] };
  for (const stream of [events, letters]) {
    await manager.streams.add({ ...kept, ...stream }).catch(async () => {
      await manager.streams.info(stream.name); // it is there with other settings, such as after an operator's change
    });
  }
  for (const [subscriber, types] of Object.entries(topology.routes)) {
    for (let lane = 0; lane < LANES; lane += 1) {
      await declareConsumer(manager, topology, settings, { subscriber, lane, types });
    }
  }
}

interface Drain {
  readonly subscriber: string;
  readonly lane: number;
  readonly types: readonly string[];
}

/** Subjects are only added, but for what we ourselves read no more: another service may know of more of them than we do. */
async function declareConsumer(
  manager: JetStreamManager,
  topology: NatsTopology,
  settings: Settings,
  { subscriber, lane, types }: Drain,
): Promise<void> {
  const name = topology.consumer(subscriber, lane);
  const known = await subjectsOf(manager, topology.stream, name);
  const wanted = types.map((type) => topology.subjectOfLane(lane, type));
  const retired = new Set(subscriber === SERVICE_NAME ? topology.retired.map((type) => topology.subjectOfLane(lane, type)) : []);
  const subjects = [...new Set([...wanted, ...(known ?? [])])].filter((subject) => !retired.has(subject));
  if (known !== undefined && subjects.length === known.length && known.every((subject) => !retired.has(subject))) {
    return;
  }
  const changeable = { filter_subjects: subjects.toSorted() };
  if (known !== undefined) {
    await manager.consumers.update(topology.stream, name, changeable);
    return;
  }
  await manager.consumers.add(topology.stream, {
    ...changeable,
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: settings.delivery_lease_s * 1e9,
    max_ack_pending: 1, // the next message of a lane waits for this one, whichever instance has it
    max_deliver: -1,
  });
}

async function subjectsOf(manager: JetStreamManager, stream: string, name: string): Promise<readonly string[] | undefined> {
  try {
    return (await manager.consumers.info(stream, name)).config.filter_subjects ?? [];
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) {
      return undefined;
    }
    throw error;
  }
}
