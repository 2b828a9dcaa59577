import { setTimeout as sleep } from 'node:timers/promises';

import { jetstream, jetstreamManager, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import { connect, headers, type ConnectionOptions, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { context, propagation, type Context } from '@opentelemetry/api';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME } from '../../config/service.js';
import { brokerTls } from '../../config/transport.js';
import { describe, getLogger } from '../observability/logger.js';
import { deliver, type Handler, type Message } from './event-bus.js';
import { declare, LANES, type NatsTopology } from './nats-topology.js';
import { BrokerUnavailableError, type BrokerSession } from './supervised-event-bus.js';

const log = getLogger('nats');
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HEARTBEAT_MS = 10_000;
const FETCH_MS = 20_000;
const PAUSE_MS = 500;
/** Older servers overlook that a consumer wants several subjects, and would give it everything. */
const SERVER_AT_LEAST = [2, 10] as const;
/** A message that kills its consumer stops coming back. */
const DELIVERY_LIMIT = 20;

/** One connection to NATS. It is not reconnected but replaced: a new one also declares what the broker may have lost. */
export class NatsSession implements BrokerSession {
  readonly lost: Promise<void>;
  private lose: () => void = () => undefined;
  private readonly over = new AbortController();
  private connection: NatsConnection | undefined;
  private publishing: JetStreamClient | undefined;
  private lanes: Promise<void>[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly topology: NatsTopology,
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly stopping: AbortSignal,
  ) {
    this.lost = new Promise((resolve) => {
      this.lose = () => {
        this.over.abort();
        this.publishing = undefined;
        resolve();
      };
    });
  }

  get isOpen(): boolean {
    return this.publishing !== undefined;
  }

  async open(mayConsume: () => boolean): Promise<void> {
    const timeout = this.settings.broker_timeout_s * 1000;
    const way = wayTo(this.settings.broker_url);
    const connection = await connect({ ...way, reconnect: false, timeout, pingInterval: HEARTBEAT_MS, maxPingOut: 2 });
    this.connection = connection;
    void connection.closed().then(this.lose, this.lose);
    demandVersion(connection.info?.version ?? '0');
    await declare(await jetstreamManager(connection, { timeout }), this.topology, this.settings);
    const client = jetstream(connection, { timeout });
    if (this.handlers.size > 0 && mayConsume()) {
      this.lanes = Array.from({ length: LANES }, (_, lane) => this.lane(client, lane));
    }
    this.publishing = connection.isClosed() ? undefined : client;
  }

  async publish(message: Message): Promise<void> {
    const about = headers();
    about.set('id', message.id);
    about.set('key', encodeURIComponent(message.key));
    about.set('Content-Type', 'application/cloudevents+json');
    const trace: Record<string, string> = {};
    propagation.inject(context.active(), trace);
    for (const [name, value] of Object.entries(trace)) {
      about.set(name, value);
    }
    await this.put(this.publishing, this.topology.subject(message.key, message.type), message.body, about);
  }

  async stopConsuming(): Promise<void> {
    this.over.abort();
    await Promise.all(this.lanes);
  }

  async close(isPatient = true): Promise<void> {
    this.lose();
    await this.connection?.close().catch(() => undefined);
    await (isPatient ? Promise.all(this.lanes) : undefined);
  }

  /** Handle messages of some keys one after the other; other lanes go on beside it. Only the end of the session ends it. */
  private async lane(client: JetStreamClient, lane: number): Promise<void> {
    const { signal } = this.over;
    while (!signal.aborted) {
      try {
        const consumer = await client.consumers.get(this.topology.stream, this.topology.consumer(SERVICE_NAME, lane));
        for (;;) {
          const incoming = await this.unlessOver(consumer.next({ expires: FETCH_MS }));
          if (signal.aborted) {
            return; // what came too late is given to another instance, or again to this one
          }
          if (incoming !== null) {
            await context.with(deliveryOf(incoming), () => this.handle(client, incoming));
          }
        }
      } catch (error) {
        if (!signal.aborted) {
          log.warning('broker.ack_failed', { error: describe(error) }); // it comes again; the inbox knows it
          await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
        }
      }
    }
  }

  /** What a promise gives, or null once the session is over. */
  private async unlessOver<T>(promise: Promise<T | null>): Promise<T | null> {
    const { signal } = this.over;
    const ended = Promise.withResolvers<null>();
    const end = (): void => ended.resolve(null);
    signal.addEventListener('abort', end, { once: true });
    try {
      promise.catch(() => undefined); // where the session was over first, nobody waits for it
      return await Promise.race([promise, ended.promise]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** Handle one message, and keep it for as long as it is in hand. */
  private async handle(client: JetStreamClient, incoming: JsMsg): Promise<void> {
    const holding = setInterval(() => incoming.working(), (this.settings.delivery_lease_s * 1000) / 3);
    try {
      const type = this.topology.typeOf(incoming.subject);
      if (!(await this.isHandled(incoming, type))) {
        await this.put(client, this.topology.deadLetters(SERVICE_NAME), incoming.data, incoming.headers ?? headers());
      }
      await incoming.ackAck({ timeout: this.settings.broker_timeout_s * 1000 });
    } finally {
      clearInterval(holding);
    }
  }

  private async isHandled(incoming: JsMsg, type: string): Promise<boolean> {
    const id = incoming.headers?.get('id') ?? '';
    const handler = this.handlers.get(type);
    if (handler === undefined || !UUID.test(id)) {
      log.error('event.unroutable', { event_type: type, event_id: id });
      return false;
    }
    const attempts = incoming.info.deliveryCount;
    if (attempts > DELIVERY_LIMIT) {
      log.error('event.dead_lettered', { event_type: type, event_id: id, attempts });
      return false;
    }
    const channel = { ...this.topology.channel(type), 'messaging.destination.subscription.name': SERVICE_NAME };
    const key = decodeURIComponent(incoming.headers?.get('key') ?? '');
    const message = { id, type, key, body: Buffer.from(incoming.data), channel };
    return await deliver(handler, message, this.settings, this.stopping);
  }

  private async put(client: JetStreamClient | undefined, subject: string, body: Uint8Array, about: MsgHdrs): Promise<void> {
    if (client === undefined) {
      throw new BrokerUnavailableError('not connected to NATS');
    }
    try {
      await client.publish(subject, body, { headers: about, timeout: this.settings.broker_timeout_s * 1000 });
    } catch (error) {
      throw new BrokerUnavailableError(describe(error), { cause: error });
    }
  }
}

/** How a server is reached, and what it is told of us: a user and a password, or a token alone; over `tls://` nothing in the clear. */
function wayTo(url: string): ConnectionOptions {
  const { host, hostname, username, password } = new URL(url);
  const certificates = brokerTls(url);
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    servers: host,
    // the name is that of the certificate where it is an address, too
    ...(certificates === undefined ? {} : { tls: Object.assign(certificates, { host: hostname }) }),
    ...(user === '' ? {} : pass === '' ? { token: user } : { user, pass }),
  };
}

function demandVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least, leastMinor] = SERVER_AT_LEAST;
  if (major < least || (major === least && minor < leastMinor)) {
    throw new BrokerUnavailableError(`NATS ${version} is too old; it must be ${least}.${leastMinor} or newer`);
  }
}

/** The trace of the publishing that delivered a message. */
function deliveryOf(incoming: JsMsg): Context {
  const carrier = { traceparent: incoming.headers?.get('traceparent'), tracestate: incoming.headers?.get('tracestate') };
  return propagation.extract(context.active(), carrier);
}
