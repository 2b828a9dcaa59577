import type { GetMessage } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SERVICE_NAME } from '../../src/config/service.js';
import type { Handler } from '../../src/infrastructure/event-bus/event-bus.js';
import { RabbitEventBus } from '../../src/infrastructure/event-bus/rabbitmq-event-bus.js';
import type { RabbitTopology } from '../../src/infrastructure/event-bus/rabbitmq-topology.js';
import { Happened, Quiet, Recorder } from '../fixtures/happened.js';
import { administer, topologyOf } from '../fixtures/rabbitmq.js';
import { BROKER, DATABASES, TestService, testSettings, until } from '../fixtures/service.js';

// needs RabbitMQ: set TEST_BROKER_URL (make test-servers insists on it)
describe.skipIf(BROKER === undefined).each(DATABASES)('events on RabbitMQ and %s', (kind) => {
  let service: TestService;
  let quiet: Quiet;
  let topology: RabbitTopology;
  let forget: () => Promise<void>;
  let buses: RabbitEventBus[];

  beforeEach(async () => {
    ({ topology, forget } = topologyOf());
    buses = [];
    service = await TestService.start(kind);
    quiet = await Quiet.of(service);
  });

  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    await service.stop();
    await forget();
  });

  async function start(recorder: Recorder, wrap = (handler: Handler): Handler => handler): Promise<RabbitEventBus> {
    const bus = new RabbitEventBus(testSettings({ BROKER_URL: BROKER ?? '' }), topology);
    buses.push(bus);
    await bus.start(new Map([...quiet.handlers(recorder)].map(([type, handler]) => [type, wrap(handler)])));
    await until(() => bus.isUp);
    return bus;
  }

  it('arrive once and in order though the link breaks', async () => {
    const recorder = new Recorder();
    const bus = await start(recorder);
    const relay = quiet.relay(bus);
    await quiet.put(...Array.from({ length: 50 }, (_, count) => ({ subject: String(count % 5), count })));
    await relay.publishBatch();
    const publishing = relay.publishBatch();
    await bus.session?.close(false);
    await publishing;
    await until(() => bus.isUp, 40);
    await quiet.drain(relay);
    await until(() => recorder.seen.length >= 50, 40);
    await bus.stopConsuming();
    expect(recorder.seen.map((event) => event.count).toSorted((a, b) => a - b)).toEqual([...Array(50).keys()]);
    for (const subject of ['0', '1', '2', '3', '4']) {
      const counts = recorder.countsOf(subject);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    }
  });

  it('arrive though the link dies under an acknowledgement', async () => {
    const deaths: string[] = [];
    const recorder = new Recorder();
    const bus = await start(recorder, (handler) => async (message) => {
      await handler(message);
      if (deaths.length === 0) {
        deaths.push(message.id);
        await bus.session?.close(false); // the acknowledgement finds a channel that is closed
      }
    });
    await quiet.put(...[0, 1, 2, 3, 4].map((count) => ({ subject: String(count), count })));
    await quiet.drain(quiet.relay(bus));
    await until(() => recorder.seen.length >= 5 && deaths.length === 1, 40);
    await until(() => bus.isUp, 40);
    expect(recorder.seen.map((event) => event.count).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it('that cannot be handled reach the dead letters', async () => {
    const bus = await start(new Recorder(99));
    await quiet.put({ subject: 'a', count: 1 });
    expect(await quiet.relay(bus).publishBatch()).toBe(1);
    let letter: GetMessage | false = false;
    await administer(async (channel) => {
      await until(async () => {
        letter = await channel.get(`${topology.queueName(SERVICE_NAME)}.dead-letters`, { noAck: true });
        return letter !== false;
      });
    });
    expect(JSON.parse(String(Object(letter).content)).data).toEqual({ subject: 'a', count: 1 });
  });

  it('that no queue takes are not settled as published', async () => {
    const bus = await start(new Recorder());
    await administer((channel) =>
      channel.unbindQueue(topology.queueName(SERVICE_NAME), topology.exchange, Happened.type),
    );
    await quiet.put({ subject: 'a', count: 1 });
    const relay = quiet.relay(bus);
    expect(await relay.publishBatch()).toBe(0);
    expect(await relay.pending()).toBe(1);
  });
});
