import { crc32 } from 'node:zlib';

import type { Attributes } from '@opentelemetry/api';

import { SYSTEM_NAME } from '../../config/service.js';

/** Keys are spread over so many partitions; each is drained by one instance of a service at a time. */
export const PARTITIONS = 8;

/**
 * Names of topics and groups. Tests give themselves names of their own.
 *
 * One topic holds all that a system tells, so that whoever hears of one key from several services hears it in order.
 */
export class KafkaTopology {
  /** Where every event is published. */
  readonly topic: string;

  constructor(readonly system: string) {
    this.topic = `${system}.events`;
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
  channel(type: string): Attributes {
    return { 'messaging.system': 'kafka', 'messaging.destination.name': `${this.topic}:${type}` };
  }
}

/** The topology of the system. */
export const TOPOLOGY = new KafkaTopology(SYSTEM_NAME);
