import { crc32 } from 'node:zlib';

import type { Admin } from '@platformatic/kafka';
import type { Attributes } from '@opentelemetry/api';

import { SERVICE_NAME, SYSTEM_NAME } from '../../config/service.js';
import { SOURCES } from './topology.js';

/** Keys are spread over so many partitions of each topic; each is drained by one instance at a time. */
export const PARTITIONS = 8;

/** Names of topics and groups, and whose events this service hears. Tests give themselves names of their own. */
export class KafkaTopology {
  constructor(
    readonly system: string,
    readonly sources: readonly string[],
  ) {}

  /** What a service tells, in the order of its commits for each key. */
  topic(publisher: string): string {
    return `${this.system}.${publisher}`;
  }

  /** All of one key go into one partition. */
  partition(key: string): number {
    return crc32(key) % PARTITIONS;
  }

  /** Where a service puts aside what it gave up. */
  deadLetters(service: string): string {
    return `${this.system}.dead-letters.${service}`;
  }

  /** The instances of a service: each partition goes to one of them. */
  group(service: string): string {
    return `${this.system}.${service}`;
  }

  /** Where events of a type are published, as a span tells it. */
  channel(type: string, publisher: string = SERVICE_NAME): Attributes {
    return { 'messaging.system': 'kafka', 'messaging.destination.name': `${this.topic(publisher)}:${type}` };
  }
}

/** The topology that the system's model asks for. */
export const TOPOLOGY = new KafkaTopology(SYSTEM_NAME, SOURCES);

/** Create every topic that this service fills or drains, so that nothing is lost before a subscriber's first start. */
export async function declare(admin: Admin, topology: KafkaTopology, replicas: number): Promise<void> {
  const wanted = [SERVICE_NAME, ...topology.sources].map((publisher) => topology.topic(publisher));
  wanted.push(topology.deadLetters(SERVICE_NAME));
  const known = new Set(await admin.listTopics());
  const topics = [...new Set(wanted)].filter((topic) => !known.has(topic)).toSorted();
  try {
    await (topics.length > 0 ? admin.createTopics({ topics, partitions: PARTITIONS, replicas }) : undefined);
  } catch (error) {
    const found = new Set(await admin.listTopics());
    if (!topics.every((topic) => found.has(topic))) {
      throw error; // else another instance was quicker
    }
  }
}
