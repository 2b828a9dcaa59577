import { setTimeout as sleep } from 'node:timers/promises';

import { Admin, Producer, type BaseOptions } from '@platformatic/kafka';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME } from '../../config/service.js';
import { brokerTls } from '../../config/transport.js';
import { BrokerUnavailableError } from './supervised-event-bus.js';

/** How brokers are reached: kafka://one:9092,two:9092, over TLS kafkas://; who stands before an @ is told by SASL/PLAIN. */
export function way(url: string): BaseOptions {
  const [, who, where = ''] = /^kafkas?:\/\/(?:([^@/?]*)@)?([^/?]*)/.exec(url) ?? [];
  const [username = '', password = ''] = (who ?? '').split(':').map(decodeURIComponent);
  const tls = brokerTls(url);
  return {
    clientId: SERVICE_NAME,
    bootstrapBrokers: where.split(','),
    ...(tls === undefined ? {} : { tls }),
    ...(who === undefined ? {} : { sasl: { mechanism: 'PLAIN', username, password } }),
  };
}

/** What every client of a service is told. */
export function clientOf(settings: Settings): BaseOptions {
  const timeout = settings.broker_timeout_s * 1000;
  return { ...way(settings.broker_url), timeout, connectTimeout: timeout, requestTimeout: timeout };
}

/** Sends; without a number of retries over 1 an idempotent one would try for ever. */
export function producerOf(settings: Settings): Producer {
  return new Producer({ ...clientOf(settings), retries: 2, idempotent: settings.broker_idempotence });
}

/** Create the topics that are not there yet. */
export async function declare(settings: Settings, topics: readonly string[], partitions: number): Promise<void> {
  const admin = new Admin({ ...clientOf(settings), retries: 0 });
  try {
    const known = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !known.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({ topics: missing, partitions, replicas: settings.broker_replicas });
    }
  } catch (error) {
    const found = new Set(await admin.listTopics());
    if (!topics.every((topic) => found.has(topic))) {
      throw error; // else another instance was quicker
    }
  } finally {
    await farewell(admin.close(), settings.broker_timeout_s);
  }
}

/** Wait for what a broker may never answer, but not for long. */
export async function farewell(leaving: unknown, limitS: number): Promise<void> {
  const limit = sleep(limitS * 1000, undefined, { ref: false });
  await Promise.race([Promise.resolve(leaving).catch(() => undefined), limit]);
}

/** What a promise gives in time; throws where it takes longer. */
export async function within<T>(promise: Promise<T>, limitS: number): Promise<T> {
  const ended = new AbortController();
  const limit = sleep(limitS * 1000, undefined, { signal: ended.signal }).then(() => {
    throw new BrokerUnavailableError(`no answer within ${limitS} s`);
  });
  limit.catch(() => undefined);
  try {
    return await Promise.race([promise, limit]);
  } finally {
    ended.abort();
  }
}
