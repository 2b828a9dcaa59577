import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { SERVICE_NAME } from '../../src/config/service.js';
import type { Handler } from '../../src/infrastructure/event-bus/event-bus.js';
import { KafkaEventBus } from '../../src/infrastructure/event-bus/kafka-event-bus.js';
import type { KafkaTopology } from '../../src/infrastructure/event-bus/kafka-topology.js';
import { Quiet, Recorder } from '../fixtures/happened.js';
import { firstOf, kafkaSettings, topologyOf } from '../fixtures/kafka.js';
import { BROKER, DATABASES, TestService, testSettings, until } from '../fixtures/service.js';

const SENDS = 'tracing:plt:kafka:producer:sends:start';
const SENT = z.object({ options: z.object({ acks: z.number() }) });

function expectEachOnceAndInOrder(recorder: Recorder, count: number): void {
  expect(recorder.seen.map((event) => event.count).toSorted((a, b) => a - b)).toEqual([...Array(count).keys()]);
  for (const subject of new Set(recorder.seen.map((event) => event.subject))) {
    const counts = recorder.countsOf(subject);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  }
}

// needs Kafka: set TEST_BROKER_URL (make test-servers insists on it)
describe.skipIf(BROKER === undefined).each(DATABASES)('events on Kafka and %s', (kind) => {
  let service: TestService;
  let quiet: Quiet;
  let topology: KafkaTopology;
  let forget: () => Promise<void>;
  let buses: KafkaEventBus[];

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

  async function start(recorder: Recorder, wrap = (handler: Handler): Handler => handler): Promise<KafkaEventBus> {
    const bus = new KafkaEventBus(kafkaSettings(), topology);
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
    expectEachOnceAndInOrder(recorder, 50);
  });

  it('of one key are in order though two instances share them', async () => {
    const recorder = new Recorder();
    const bus = await start(recorder);
    await start(recorder);
    await quiet.put(...Array.from({ length: 60 }, (_, count) => ({ subject: String(count % 3), count })));
    await quiet.drain(quiet.relay(bus));
    await until(() => recorder.seen.length >= 60, 40);
    expectEachOnceAndInOrder(recorder, 60);
  });

  it('arrive though the link dies before an offset is committed', async () => {
    const deaths: string[] = [];
    const recorder = new Recorder();
    const bus = await start(recorder, (handler) => async (message) => {
      await handler(message);
      if (deaths.length === 0) {
        deaths.push(message.id);
        await bus.session?.close(false); // the commit finds a consumer that is closed
      }
    });
    await quiet.put(...[0, 1, 2, 3, 4].map((count) => ({ subject: String(count), count })));
    await quiet.drain(quiet.relay(bus));
    await until(() => recorder.seen.length >= 5 && deaths.length === 1, 40);
    await until(() => bus.isUp, 40);
    expectEachOnceAndInOrder(recorder, 5);
  });

  it('are sent until all replicas that are in sync have them', async () => {
    const acks: unknown[] = [];
    const note = (sent: unknown): void => void acks.push(SENT.parse(sent).options.acks);
    subscribe(SENDS, note);
    const bus = await start(new Recorder(testSettings().delivery_attempts));
    await quiet.put({ subject: 'a', count: 1 });
    await quiet.drain(quiet.relay(bus));
    await until(() => acks.length === 2, 40);
    unsubscribe(SENDS, note);
    expect(acks).toEqual([-1, -1]); // the event, and then the dead letter
  });

  it('that cannot be handled reach the dead letters, and the next one its handler', async () => {
    const recorder = new Recorder(testSettings().delivery_attempts);
    const bus = await start(recorder);
    await quiet.put({ subject: 'a', count: 1 }, { subject: 'a', count: 2 });
    await quiet.drain(quiet.relay(bus));
    await until(() => recorder.seen.length > 0, 40);
    const letter = await firstOf(topology.deadLetters(SERVICE_NAME));
    expect(JSON.parse(letter).data).toEqual({ subject: 'a', count: 1 });
    expect(recorder.seen.map((event) => event.count)).toEqual([2]);
  });
});
