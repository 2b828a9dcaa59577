import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SERVICE_NAME, SYSTEM_NAME } from '../../src/config/service.js';
import { InboxMessage, OutboxMessage } from '../../src/infrastructure/database/tables/index.js';
import { EventDefinition } from '../../src/infrastructure/event-bus/event.js';
import { enqueue } from '../../src/infrastructure/event-bus/outbox.js';
import { Housekeeping } from '../../src/infrastructure/housekeeping.js';
import { DeadBus, Happened, Quiet, Recorder } from '../fixtures/happened.js';
import { DATABASES, TestService } from '../fixtures/service.js';

describe.each(DATABASES)('events on %s', (kind) => {
  let service: TestService;
  let quiet: Quiet;

  beforeEach(async () => {
    service = await TestService.start(kind);
    quiet = await Quiet.of(service);
  });

  afterEach(() => service.stop());

  it('are published after the commit, and not without one', async () => {
    const recorder = new Recorder();
    const relay = quiet.relay(await quiet.bus(recorder));
    const failing = service.run(async (tx) => {
      await enqueue(tx, Happened.of('subject/a', { subject: 'a', count: 1 }));
      throw new Error('the transaction fails');
    });
    await expect(failing).rejects.toThrow('the transaction fails');
    expect(await relay.publishBatch()).toBe(0);
    await quiet.put({ subject: 'a', count: 2 });
    expect(await relay.publishBatch()).toBe(1);
    expect(recorder.countsOf('a')).toEqual([2]);
    expect(await relay.pending()).toBe(0);
  });

  it('of one key keep their order past a failure', async () => {
    const recorder = new Recorder();
    const dead = new DeadBus(service.settings);
    await quiet.put(...[0, 1, 2].map((count) => ({ subject: 'a', count })), { subject: 'b', count: 9 });
    expect(await quiet.relay(dead).publishBatch()).toBe(0);
    expect(dead.published, 'only the first of each key may leave while it is not confirmed').toHaveLength(2);
    await quiet.drain(quiet.relay(await quiet.bus(recorder)));
    expect(recorder.countsOf('a')).toEqual([0, 1, 2]);
  });

  it('are sent again by a relay that died after publishing, and the inbox drops the second', async () => {
    const recorder = new Recorder();
    await quiet.put({ subject: 'a', count: 1 });
    const dead = new DeadBus(service.settings);
    await dead.start(quiet.handlers(recorder));
    expect(await quiet.relay(dead).publishBatch()).toBe(0);
    await quiet.makeDue();
    expect(await quiet.relay(await quiet.bus(recorder)).publishBatch()).toBe(1);
    expect(recorder.seen).toHaveLength(1);
  });

  it('that wait when the service stops are delivered after its next start', async () => {
    const recorder = new Recorder();
    const bus = await quiet.bus(recorder);
    await quiet.put({ subject: 'a', count: 1 });
    await bus.stopConsuming();
    const relay = quiet.relay(bus);
    await relay.stop(1);
    expect(await relay.publishBatch()).toBe(0);
    expect([await relay.pending(), recorder.seen.length]).toEqual([1, 0]);
    await quiet.makeDue();
    expect(await quiet.relay(await quiet.bus(recorder)).publishBatch()).toBe(1);
    expect(recorder.seen).toHaveLength(1);
  });

  it('that live in two versions go out under one id, the newest first', async () => {
    const newer = new EventDefinition(Happened.name, 2, Happened.schema);
    const data = { subject: 'a', count: 1 };
    await service.run((tx) => enqueue(tx, { ...newer.of('subject/a', data), older: [Happened.of('subject/a', data)] }));
    const rows = await service.run((tx) => tx.find(OutboxMessage, { order: { position: 'ASC' } }));
    const bus = await quiet.bus();
    await quiet.drain(quiet.relay(bus));
    expect(bus.published.map(({ type }) => type)).toEqual([newer.type, Happened.type]);
    expect(rows[0]?.id).not.toBe(rows[1]?.id);
    expect(
      new Set(bus.published.map(({ id }) => id)),
      'a relay that knows no versions sends the oldest under this id',
    ).toEqual(new Set([rows[1]?.id]));
  });

  it('are never taken by two relays', async () => {
    await quiet.put(...Array.from({ length: 40 }, (_, count) => ({ subject: String(count), count })));
    const buses = [await quiet.bus(), await quiet.bus()];
    const relays = buses.map((bus) => quiet.relay(bus));
    for (let sent = 1; sent > 0;) {
      const each = await Promise.all(relays.map((relay) => relay.publishBatch()));
      sent = each.reduce((sum, count) => sum + count, 0);
    }
    const ids = buses.flatMap((bus) => bus.published.map((message) => message.id));
    expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
  });

  it('are tried again where a handler fails, and their effects are not doubled', async () => {
    const recorder = new Recorder(2);
    const bus = await quiet.bus(recorder);
    await quiet.put({ subject: 'a', count: 1 });
    await quiet.relay(bus).publishBatch();
    expect([recorder.seen.length, bus.deadLetters.length]).toEqual([1, 0]);
  });

  it('that cannot be handled are dead-lettered', async () => {
    const bus = await quiet.bus(new Recorder(99));
    await quiet.put({ subject: 'a', count: 1 });
    await quiet.relay(bus).publishBatch();
    for (const body of ['{not an event', '{}', '\xff']) {
      await bus.publish({ id: randomUUID(), type: Happened.type, key: 'a', body: Buffer.from(body, 'latin1') });
    }
    expect(bus.deadLetters).toHaveLength(4);
    expect(await service.run((tx) => tx.count(InboxMessage))).toBe(0);
  });

  it('whose data does not fit are dead-lettered at once', async () => {
    const recorder = new Recorder();
    const bus = await quiet.bus(recorder);
    await quiet.put({ subject: 'a', count: 1 });
    const [row] = await quiet.rows();
    const envelope = JSON.parse(String(row?.envelope));
    const body = Buffer.from(JSON.stringify({ ...envelope, data: { subject: 'a', count: 'many' } }));
    await bus.publish({ id: randomUUID(), type: Happened.type, key: 'a', body });
    expect([recorder.seen.length, bus.deadLetters.length]).toEqual([0, 1]);
  });

  it('delivered twice at the same time have one effect', async () => {
    const recorder = new Recorder();
    await quiet.put({ subject: 'a', count: 1 });
    const [row] = await quiet.rows();
    const handler = quiet.handlers(recorder).get(Happened.type);
    if (row === undefined || handler === undefined) {
      throw new Error('there is no row, or no handler');
    }
    const message = { id: row.id, type: row.event_type, key: row.ordering_key, body: row.envelope };
    await Promise.all(Array.from({ length: 10 }, () => handler(message)));
    expect(recorder.seen).toHaveLength(1);
  });

  it('travel as CloudEvents', async () => {
    await quiet.put({ subject: 'a', count: 1 });
    const [row] = await quiet.rows();
    const envelope = JSON.parse(String(row?.envelope));
    expect(envelope).toMatchObject({
      specversion: '1.0',
      type: `${SYSTEM_NAME}.Happened.v1`,
      source: `/${SERVICE_NAME}`,
      subject: 'subject/a',
      partitionkey: 'subject/a',
      dataschema: '/contracts/events/Happened.v1.json',
      datacontenttype: 'application/json',
      data: { subject: 'a', count: 1 },
    });
    expect(envelope.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('are swept past their retention', async () => {
    const relay = quiet.relay(await quiet.bus());
    await quiet.put({ subject: 'a', count: 1 }, { subject: 'b', count: 2 });
    await relay.publishBatch();
    const old = new Date(Date.now() - (service.settings.retention_hours + 1) * 3_600_000);
    await service.run((tx) => tx.update(OutboxMessage, { ordering_key: 'subject/a' }, { published_at: old }));
    await service.app.get(Housekeeping).sweep(); // unless the service's own sweep came first
    expect((await quiet.rows()).map((row) => row.ordering_key)).toEqual(['subject/b']);
  });

  it('leave by themselves soon after the commit', async () => {
    const own = await TestService.start(kind, { OUTBOX_POLL_S: '30' });
    try {
      await own.run((tx) => enqueue(tx, Happened.of('subject/a', { subject: 'a', count: 1 })));
      await expect
        .poll(() => own.run((tx) => tx.find(OutboxMessage)), { timeout: 5000 })
        .toMatchObject([{ published_at: expect.any(Date) }]);
    } finally {
      await own.stop();
    }
  });
});
