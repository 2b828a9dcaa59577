import { crc32 } from 'node:zlib';

import { context, propagation, type Context } from '@opentelemetry/api';
import { connect, type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME } from '../../config/service.js';
import { brokerTls } from '../../config/transport.js';
import { describe, getLogger } from '../observability/logger.js';
import { deliver, type Handler, type Message } from './event-bus.js';
import { channelOf, declare, type RabbitTopology } from './rabbitmq-topology.js';
import { BrokerUnavailableError, type BrokerSession } from './supervised-event-bus.js';

const log = getLogger('rabbitmq');
const LANES = 8;
const HEARTBEAT_S = '15';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One connection's life: it publishes and consumes until the link is lost, and is then replaced by another. */
export class RabbitSession implements BrokerSession {
  readonly lost: Promise<void>;
  private lose: () => void = () => undefined;
  private isAlive = true;
  private connection: ChannelModel | undefined;
  private publishing: ConfirmChannel | undefined;
  private consuming: Channel | undefined;
  private consumerTag: string | undefined;
  private mustAsk: boolean;
  private readonly returned = new Set<string>();
  private readonly routed: ReadonlySet<string>;
  private readonly lanes: Promise<void>[] = Array.from({ length: LANES }, () => Promise.resolve());

  constructor(
    private readonly settings: Settings,
    private readonly topology: RabbitTopology,
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly stopping: AbortSignal,
  ) {
    this.routed = new Set(Object.values(topology.routes).flat());
    this.mustAsk = topology.newer.length > 0;
    this.lost = new Promise((resolve) => {
      this.lose = () => {
        this.isAlive = false;
        this.publishing = undefined;
        resolve();
      };
    });
  }

  get isOpen(): boolean {
    return this.publishing !== undefined;
  }

  async open(mayConsume: () => boolean): Promise<void> {
    const url = new URL(this.settings.broker_url);
    if (!url.searchParams.has('heartbeat')) {
      url.searchParams.set('heartbeat', HEARTBEAT_S);
    }
    const timeout = this.settings.broker_timeout_s * 1000;
    const tls = brokerTls(this.settings.broker_url);
    this.connection = await connect(url.href, { ...tls, timeout, noDelay: true }); // a message is small: none waits for the next one
    this.connection.on('close', this.lose);
    this.connection.on('error', (error) => log.warning('broker.error', { error: describe(error) }));
    const publishing = await this.connection.createConfirmChannel();
    this.watch(publishing);
    publishing.on('return', (message) => this.returned.add(String(message.properties.messageId)));
    await declare(publishing, this.topology);
    if (this.handlers.size > 0 && mayConsume()) {
      await this.consume(this.connection);
    }
    this.publishing = this.isAlive ? publishing : undefined;
  }

  /** Publish and wait for the confirm; throws BrokerUnavailableError where it does not come, or no queue took it. */
  async publish(message: Message): Promise<void> {
    const channel = this.publishing;
    try {
      await this.confirmed(channel, message);
    } catch (error) {
      throw error instanceof BrokerUnavailableError
        ? error
        : new BrokerUnavailableError(describe(error), { cause: error });
    }
    if (this.returned.delete(message.id)) {
      throw new BrokerUnavailableError(`no queue took ${message.type}`);
    }
  }

  async stopConsuming(): Promise<void> {
    if (this.consuming !== undefined && this.consumerTag !== undefined && this.isAlive) {
      // a link that is gone consumes no more either
      await this.consuming.cancel(this.consumerTag).catch(() => undefined);
    }
    await Promise.all(this.lanes);
  }

  async close(isPatient = true): Promise<void> {
    this.lose();
    await this.connection?.close().catch(() => undefined);
    await (isPatient ? Promise.all(this.lanes) : undefined);
  }

  private confirmed(channel: ConfirmChannel | undefined, message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      if (channel === undefined) {
        throw new BrokerUnavailableError('not connected to RabbitMQ');
      }
      const late = (): void => reject(new BrokerUnavailableError('the confirm did not come in time'));
      const timer = setTimeout(late, this.settings.broker_timeout_s * 1000);
      const headers: Record<string, string> = { key: message.key };
      propagation.inject(context.active(), headers);
      const options = {
        messageId: message.id,
        type: message.type,
        contentType: 'application/cloudevents+json',
        persistent: true,
        headers,
        mandatory: this.routed.has(message.type),
      };
      channel.publish(this.topology.exchange, message.type, message.body, options, (error: unknown) => {
        clearTimeout(timer);
        if (error === null || error === undefined) {
          resolve();
        } else {
          reject(new BrokerUnavailableError(describe(error), { cause: error }));
        }
      });
    });
  }

  private async consume(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    this.watch(channel);
    await channel.prefetch(this.settings.consumer_prefetch);
    this.consuming = channel;
    const queue = this.topology.queueName(SERVICE_NAME);
    const { consumerTag } = await channel.consume(queue, (incoming) => this.receive(channel, incoming));
    this.consumerTag = consumerTag;
  }

  private watch(channel: Channel): void {
    channel.on('close', this.lose);
    channel.on('error', (error) => log.warning('broker.error', { error: describe(error) }));
  }

  /** Messages of one key are handled one after the other, in one lane; other lanes go on beside it. */
  private receive(channel: Channel, incoming: ConsumeMessage | null): void {
    if (incoming === null) {
      this.lose(); // the broker ended the consumer, such as when its queue moved
      return;
    }
    const lane = crc32(keyOf(incoming)) % LANES;
    const earlier = this.lanes[lane] ?? Promise.resolve();
    this.lanes[lane] = earlier.then(() => this.handle(channel, incoming));
    if (this.mustAsk) {
      this.mustAsk = false;
      void this.askForNewer(channel);
    }
  }

  /** Get newer versions too, now that messages come to us: no older instance, which does not know them, is served before us. */
  private async askForNewer(channel: Channel): Promise<void> {
    const { exchange, newer, queueName } = this.topology;
    try {
      for (const type of newer) {
        await channel.bindQueue(queueName(SERVICE_NAME), exchange, type);
      }
    } catch (error) {
      log.warning('broker.newer_versions_not_asked', { error: describe(error) });
      this.mustAsk = true;
    }
  }

  /** Handle one message; whatever is thrown, such as by an acknowledgement on a dead channel, never ends its lane. */
  private async handle(channel: Channel, incoming: ConsumeMessage): Promise<void> {
    if (!this.isAlive) {
      return; // not acknowledged, so the broker sends it again
    }
    try {
      const isHandled = await context.with(deliveryOf(incoming), () => this.isHandled(incoming));
      if (isHandled) {
        channel.ack(incoming);
      } else {
        channel.reject(incoming, false);
      }
    } catch (error) {
      log.warning('broker.ack_failed', { error: describe(error) }); // it comes again; the inbox knows it
    }
  }

  private async isHandled(incoming: ConsumeMessage): Promise<boolean> {
    const type = String(incoming.properties.type ?? incoming.fields.routingKey);
    const id = String(incoming.properties.messageId ?? '');
    const handler = this.handlers.get(type);
    if (handler === undefined || !UUID.test(id)) {
      log.error('event.unroutable', { event_type: type, event_id: id });
      return false;
    }
    const origin = channelOf(this.topology, type, this.topology.queueName(SERVICE_NAME));
    const message = { id, type, key: keyOf(incoming), body: incoming.content, channel: origin };
    return await deliver(handler, message, this.settings, this.stopping);
  }
}

function keyOf(incoming: ConsumeMessage): string {
  return headerOf(incoming, 'key') ?? '';
}

/** The trace of the publishing that delivered a message. */
function deliveryOf(incoming: ConsumeMessage): Context {
  const carrier = { traceparent: headerOf(incoming, 'traceparent'), tracestate: headerOf(incoming, 'tracestate') };
  return propagation.extract(context.active(), carrier);
}

function headerOf(incoming: ConsumeMessage, name: string): string | undefined {
  const headers: Readonly<Record<string, unknown>> = incoming.properties.headers ?? {};
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
