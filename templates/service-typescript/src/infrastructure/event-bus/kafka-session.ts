import { setTimeout as sleep } from 'node:timers/promises';

import { context, propagation, type Context } from '@opentelemetry/api';
import { Consumer, type Message as Incoming, type Producer } from '@platformatic/kafka';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME } from '../../config/service.js';
import { describe, getLogger } from '../observability/logger.js';
import { deliver, type Handler, type Message } from './event-bus.js';
import { clientOf, declare, farewell, producerOf, within } from './kafka-client.js';
import { PARTITIONS, type KafkaTopology } from './kafka-topology.js';
import { BrokerUnavailableError, type BrokerSession } from './supervised-event-bus.js';

const log = getLogger('kafka');
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LOOK_MS = 2000;
const FETCH_MS = 200;
const ALL_IN_SYNC = -1;

type Stream = Awaited<ReturnType<Consumer['consume']>>;

/** One life of a producer and a consumer, which are replaced together when the broker is lost. */
export class KafkaSession implements BrokerSession {
  readonly lost: Promise<void>;
  private lose: () => void = () => undefined;
  /** Over is over: nothing more is taken. A session that was only asked to stop consuming still publishes. */
  private readonly over = new AbortController();
  private readonly ended = new AbortController();
  private producer: Producer | undefined;
  private isUp = false;
  private consumer: Consumer | undefined;
  private joining: Promise<Stream> | undefined;
  private leaving: Promise<void> | undefined;
  /** Messages of one partition are handled one after the other, in one lane; other lanes go on beside it. */
  private readonly lanes = new Map<number, Promise<void>>();
  private inHand = 0;

  constructor(
    private readonly settings: Settings,
    private readonly topology: KafkaTopology,
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly stopping: AbortSignal,
  ) {
    this.lost = new Promise((resolve) => {
      this.lose = () => {
        this.over.abort();
        this.ended.abort();
        resolve();
      };
    });
  }

  get isOpen(): boolean {
    return this.isUp && !this.ended.signal.aborted;
  }

  async open(mayConsume: () => boolean): Promise<void> {
    const { topology, settings } = this;
    const limit = settings.broker_timeout_s;
    await within(declare(settings, [topology.topic, topology.deadLetters(SERVICE_NAME)], PARTITIONS), limit * 3);
    const producer = producerOf(settings);
    this.producer = producer;
    await within(producer.metadata({ topics: [topology.topic] }), limit);
    if (this.handlers.size > 0 && mayConsume() && !this.over.signal.aborted) {
      this.join();
    }
    this.isUp = true;
    void this.look(producer);
  }

  async publish(message: Message): Promise<void> {
    const about = { id: message.id, type: message.type, 'content-type': 'application/cloudevents+json' };
    const trace: Record<string, string> = {};
    propagation.inject(context.active(), trace);
    const headers = Object.entries({ ...about, ...trace }).map(([name, value]) => [name, Buffer.from(value)] as const);
    await this.put(this.topology.topic, Buffer.from(message.key), message.body, new Map(headers));
  }

  async stopConsuming(): Promise<void> {
    this.over.abort();
    await Promise.all(this.lanes.values());
    await this.leave();
  }

  async close(isPatient = true): Promise<void> {
    this.lose();
    if (isPatient) {
      await farewell(Promise.all(this.lanes.values()), this.settings.delivery_lease_s);
    }
    await this.leave();
    await farewell(this.producer?.close(), this.settings.broker_timeout_s);
  }

  private join(): void {
    const lease = this.settings.delivery_lease_s * 1000;
    const consumer = new Consumer({
      ...clientOf(this.settings),
      groupId: this.topology.group(SERVICE_NAME),
      sessionTimeout: lease,
      rebalanceTimeout: lease * 2,
      heartbeatInterval: lease / 4,
      requestTimeout: lease * 2 + this.settings.broker_timeout_s * 1000, // a request to join waits for all other instances
      maxWaitTime: FETCH_MS,
      minBytes: 1,
      highWaterMark: this.settings.consumer_prefetch,
    });
    consumer.on('error', () => undefined); // the stream ends by it
    const [mode, fallbackMode] = ['committed', 'earliest'] as const;
    this.consumer = consumer;
    this.joining = consumer.consume({ topics: [this.topology.topic], mode, fallbackMode, autocommit: false });
    void this.consume(this.joining);
  }

  /** Let other instances have the partitions. A consumer that is closed while it joins would keep them, so that is waited for. */
  private leave(): Promise<void> {
    this.leaving ??= this.depart();
    return this.leaving;
  }

  private async depart(): Promise<void> {
    const { consumer, joining, settings } = this;
    if (consumer === undefined) {
      return;
    }
    let hasJoined = false;
    const joined = joining?.then((stream) => {
      hasJoined = true;
      return stream.close();
    });
    await farewell(joined, settings.delivery_lease_s * 2);
    await farewell(consumer.close(true), settings.broker_timeout_s);
    if (!hasJoined) {
      void joined?.then(() => consumer.close(true)).catch(() => undefined); // it may still join
    }
  }

  /** Ask the broker now and then what there is: no answer says that it is lost. */
  private async look(producer: Producer): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      try {
        await sleep(LOOK_MS, undefined, { signal, ref: false });
        await within(producer.metadata({ topics: [this.topology.topic], forceUpdate: true }), this.settings.broker_timeout_s);
      } catch {
        this.lose();
      }
    }
  }

  private async consume(joining: Promise<Stream>): Promise<void> {
    const { signal } = this.over;
    const { delivery_lease_s: lease, broker_timeout_s: limit } = this.settings;
    try {
      for await (const incoming of await within(joining, lease * 2 + limit)) {
        if (signal.aborted) {
          return; // what is not committed comes again, to this instance or another
        }
        this.receive(incoming);
        while (this.inHand >= this.settings.consumer_prefetch && !signal.aborted) {
          await Promise.race(this.lanes.values());
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        log.warning('broker.consumer_ended', { error: describe(error) });
      }
    } finally {
      if (!signal.aborted) {
        this.lose();
      }
    }
  }

  private receive(incoming: Incoming): void {
    const lane = incoming.partition;
    this.inHand += 1;
    const later: Promise<void> = (this.lanes.get(lane) ?? Promise.resolve())
      .then(() => this.handle(incoming, () => this.lanes.get(lane) === later))
      .finally(() => {
        this.inHand -= 1;
        if (this.lanes.get(lane) === later) {
          this.lanes.delete(lane);
        }
      });
    this.lanes.set(lane, later);
  }

  /** Handle one message. Where that fails the whole session ends: what follows in the partition must not be committed before it. */
  private async handle(incoming: Incoming, isLast: () => boolean): Promise<void> {
    if (this.over.signal.aborted) {
      return;
    }
    try {
      const isOurs = await context.with(deliveryOf(incoming), () => this.settle(incoming));
      if (isOurs || isLast()) {
        await within(Promise.resolve(incoming.commit()), this.settings.broker_timeout_s);
      }
    } catch (error) {
      log.warning('broker.ack_failed', { error: describe(error) }); // it comes again; the inbox knows it
      this.lose();
    }
  }

  /** Whether it was for this service. */
  private async settle(incoming: Incoming): Promise<boolean> {
    const { id = '', type = '' } = headersOf(incoming);
    const handler = this.handlers.get(type);
    if (handler === undefined) {
      return false; // the topic holds all that the system tells; this is for others
    }
    const key = incoming.key ?? Buffer.alloc(0);
    const body = incoming.value ?? Buffer.alloc(0);
    if (UUID.test(id)) {
      const group = { 'messaging.consumer.group.name': this.topology.group(SERVICE_NAME) };
      const channel = { ...this.topology.channel(type), ...group };
      if (await deliver(handler, { id, type, key: key.toString(), body, channel }, this.settings, this.stopping)) {
        return true;
      }
    } else {
      log.error('event.unroutable', { event_type: type, event_id: id });
    }
    const headers = new Map(incoming.headerEntries.map(([name, value]) => [name.toString(), value]));
    await this.put(this.topology.deadLetters(SERVICE_NAME), key, body, headers);
    return true;
  }

  private async put(topic: string, key: Buffer, value: Buffer, headers: ReadonlyMap<string, Buffer>): Promise<void> {
    if (this.producer === undefined || this.ended.signal.aborted) {
      throw new BrokerUnavailableError('not connected to Kafka');
    }
    const named = new Map([...headers].map(([name, each]) => [Buffer.from(name), each]));
    const message = { topic, key, value, partition: this.topology.partition(key.toString()), headers: named };
    try {
      await within(this.producer.send({ messages: [message], acks: ALL_IN_SYNC }), this.settings.broker_timeout_s);
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
