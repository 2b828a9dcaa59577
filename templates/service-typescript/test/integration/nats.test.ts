import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SERVICE_NAME } from '../../src/config/service.js';
import type { Handler } from '../../src/infrastructure/event-bus/event-bus.js';
import { NatsEventBus } from '../../src/infrastructure/event-bus/nats-event-bus.js';
import type { NatsTopology } from '../../src/infrastructure/event-bus/nats-topology.js';
import { Quiet, Recorder } from '../fixtures/happened.js';
import { administer, topologyOf } from '../fixtures/nats.js';
import { BROKER, DATABASES, TestService, testSettings, until } from '../fixtures/service.js';

function expectEachOnceAndInOrder(recorder: Recorder, count: number): void {
  expect(recorder.seen.map((event) => event.count).toSorted((a, b) => a - b)).toEqual([...Array(count).keys()]);
  for (const subject of new Set(recorder.seen.map((event) => event.subject))) {
    const counts = recorder.countsOf(subject);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  }
}

// needs NATS: set TEST_BROKER_URL (make test-servers insists on it)
describe.skipIf(BROKER === undefined).each(DATABASES)('events on NATS and %s', (kind) => {
  let service: TestService;
  let quiet: Quiet;
  let topology: NatsTopology;
  let forget: () => Promise<void>;
  let buses: NatsEventBus[];

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

  async function start(recorder: Recorder, wrap = (handler: Handler): Handler => handler): Promise<NatsEventBus> {
    const bus = new NatsEventBus(testSettings({ BROKER_URL: BROKER ?? '', DELIVERY_LEASE_S: '1' }), topology);
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

  it('arrive though the link dies under an acknowledgement', async () => {
    const deaths: string[] = [];
    const recorder = new Recorder();
    const bus = await start(recorder, (handler) => async (message) => {
      await handler(message);
      if (deaths.length === 0) {
        deaths.push(message.id);
        await bus.session?.close(false); // the acknowledgement finds a connection that is closed
      }
    });
    await quiet.put(...[0, 1, 2, 3, 4].map((count) => ({ subject: String(count), count })));
    await quiet.drain(quiet.relay(bus));
    await until(() => recorder.seen.length >= 5 && deaths.length === 1, 40);
    await until(() => bus.isUp, 40);
    expectEachOnceAndInOrder(recorder, 5);
  });

  it('that cannot be handled reach the dead letters, and the next one its handler', async () => {
    const recorder = new Recorder(testSettings().delivery_attempts);
    const bus = await start(recorder);
    await quiet.put({ subject: 'a', count: 1 }, { subject: 'a', count: 2 });
    await quiet.drain(quiet.relay(bus));
    await until(() => recorder.seen.length > 0, 40);
    const letter = await administer((manager) =>
      manager.streams.getMessage(topology.deadLetterStream, { last_by_subj: topology.deadLetters(SERVICE_NAME) }),
    );
    expect(JSON.parse(letter?.string() ?? '').data).toEqual({ subject: 'a', count: 1 });
    expect(recorder.seen.map((event) => event.count)).toEqual([2]);
  });
});
