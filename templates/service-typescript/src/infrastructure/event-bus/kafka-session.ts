import { setTimeout as sleep } from 'node:timers/promises';

import { Admin, Consumer, Producer, type Message as KafkaMessage } from '@platformatic/kafka';
import { context, propagation, type Context } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME } from '../../config/service.js';
import { describe, getLogger } from '../observability/logger.js';
import { deliver, type Handler, type Message } from './event-bus.js';
import { declare, type KafkaTopology } from './kafka-topology.js';
import { BrokerUnavailableError, type BrokerSession } from './supervised-event-bus.js';

const log = getLogger('kafka');
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ALL_IN_SYNC = -1;

type Incoming = KafkaMessage;

/** One life of a producer and a consumer, which are replaced together when the broker is lost. */
export class KafkaSession implements BrokerSession {
  readonly lost: Promise<void>;
  private lose: () => void = () => undefined;
  private isOver = false;
  private producer: Producer | undefined;
  private consumer: Consumer | undefined;
  private isUp = false;
  /** Messages of one partition are handled one after the other, in one lane; other lanes go on beside it. */
  private readonly lanes = new Map<string, Promise<void>>();
  private inHand = 0;

  constructor(
    private readonly settings: Settings,
    private readonly topology: KafkaTopology,
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly stopping: AbortSignal,
  ) {
    this.lost = new Promise((resolve) => {
      this.lose = () => {
        this.isOver = true;
        this.isUp = false;
        resolve();
      };
    });
  }

  get isOpen(): boolean {
    return this.isUp;
  }

  async open(mayConsume: () => boolean): Promise<void> {
    const timeout = this.settings.broker_timeout_s * 1000;
    const bootstrapBrokers = new URL(this.settings.broker_url).host.split(',');
    const client = { clientId: SERVICE_NAME, bootstrapBrokers, timeout, connectTimeout: timeout, retries: 0 };
    const admin = new Admin(client);
    try {
      await declare(admin, this.topology, this.settings.broker_replicas);
    } finally {
      await admin.close();
    }
    this.producer = new Producer({ ...client, acks: ALL_IN_SYNC });
    if (this.handlers.size > 0 && mayConsume()) {
      const lease = this.settings.delivery_lease_s * 1000;
      const group = { groupId: this.topology.group(SERVICE_NAME), sessionTimeout: lease, rebalanceTimeout: lease, heartbeatInterval: lease / 4 };
      this.consumer = new Consumer({ ...client, ...group, maxWaitTime: 500, metadataMaxAge: 5000 });
      void this.consume(this.consumer);
    }
    this.isUp = !this.isOver;
  }

  async publish(message: Message): Promise<void> {
    const trace: Record<string, string> = {};
    propagation.inject(context.active(), trace);
    const about = { id: message.id, type: message.type, 'content-type': 'application/cloudevents+json', ...trace };
    await this.put(this.topology.topic(SERVICE_NAME), message.key, message.body, about);
  }

  async stopConsuming(): Promise<void> {
    this.isOver = true;
    await this.leave();
  }

  async close(isPatient = true): Promise<void> {
    this.lose();
    await (isPatient ? this.leave() : this.depart());
    await this.limited(this.producer?.close());
  }

  /** Take no more messages, finish those in hand and let other instances have the partitions. */
  private async leave(): Promise<void> {
    await Promise.all(this.lanes.values());
    await this.depart();
  }

  private async depart(): Promise<void> {
    const consumer = this.consumer;
    this.consumer = undefined;
    await this.limited(consumer?.close(true));
  }

  /** Wait for a farewell, but not for long: a broker that is gone takes none. */
  private async limited(farewell: Promise<void> | undefined): Promise<void> {
    const limit = sleep(this.settings.broker_timeout_s * 1000, undefined, { ref: false });
    await Promise.race([farewell?.catch(() => undefined), limit]);
  }

  private async consume(consumer: Consumer): Promise<void> {
    try {
      const topics = this.topology.sources.map((source) => this.topology.topic(source));
      const stream = await consumer.consume({ topics, mode: 'committed', fallbackMode: 'earliest', autocommit: false });
      if (this.isOver) {
        await this.limited(stream.close()); // it has joined only after it was asked to leave
        await this.limited(consumer.close(true));
        return;
      }
      for await (const incoming of stream) {
        if (this.isOver) {
          return; // what is not committed comes again, to this instance or another
        }
        this.receive(incoming);
        while (this.inHand >= this.settings.consumer_prefetch && !this.isOver) {
          await Promise.race(this.lanes.values());
        }
      }
    } catch (error) {
      if (!this.isOver) {
        log.warning('broker.consumer_ended', { error: describe(error) });
      }
    } finally {
      if (!this.isOver) {
        this.lose();
      }
    }
  }

  private receive(incoming: Incoming): void {
    const lane = `${incoming.topic}/${incoming.partition}`;
    const earlier = this.lanes.get(lane) ?? Promise.resolve();
    this.inHand += 1;
    const later = earlier.then(() => this.handle(incoming)).finally(() => {
      this.inHand -= 1;
      if (this.lanes.get(lane) === later) {
        this.lanes.delete(lane);
      }
    });
    this.lanes.set(lane, later);
  }

  /** Handle one message. Where that fails the whole session ends: what follows in the partition must not be committed before it. */
  private async handle(incoming: Incoming): Promise<void> {
    if (this.isOver) {
      return;
    }
    try {
      await context.with(deliveryOf(incoming), () => this.settle(incoming));
      await incoming.commit();
    } catch (error) {
      log.warning('broker.ack_failed', { error: describe(error) }); // it comes again; the inbox knows it
      this.lose();
    }
  }

  private async settle(incoming: Incoming): Promise<void> {
    const about = headersOf(incoming);
    const { id = '', type = '' } = about;
    const handler = this.handlers.get(type);
    if (handler === undefined) {
      return; // a topic holds all that its publisher tells; this is for others
    }
    const key = incoming.key?.toString() ?? '';
    const body = incoming.value ?? Buffer.alloc(0);
    if (UUID.test(id)) {
      const group = { 'messaging.consumer.group.name': this.topology.group(SERVICE_NAME) };
      const channel = { 'messaging.system': 'kafka', 'messaging.destination.name': `${incoming.topic}:${type}`, ...group };
      if (await deliver(handler, { id, type, key, body, channel }, this.settings, this.stopping)) {
        return;
      }
    } else {
      log.error('event.unroutable', { event_type: type, event_id: id });
    }
    await this.put(this.topology.deadLetters(SERVICE_NAME), key, body, about);
  }

  private async put(topic: string, key: string, body: Buffer, about: Readonly<Record<string, string>>): Promise<void> {
    if (this.producer === undefined) {
      throw new BrokerUnavailableError('not connected to Kafka');
    }
    const headers = new Map(Object.entries(about).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
    const message = { topic, key: Buffer.from(key), value: body, partition: this.topology.partition(key), headers };
    try {
      await this.producer.send({ messages: [message], acks: ALL_IN_SYNC });
    } catch (error) {
      this.lose(); // the supervisor makes a new session
      throw new BrokerUnavailableError(describe(error), { cause: error });
    }
  }
}

function headersOf(incoming: Incoming): Record<string, string> {
  return Object.fromEntries(incoming.headerEntries.map(([name, value]) => [name.toString(), value.toString()]));
}

/** The trace of the publishing that delivered a message. */
function deliveryOf(incoming: Incoming): Context {
  const { traceparent, tracestate } = headersOf(incoming);
  return propagation.extract(context.active(), { traceparent, tracestate });
}
