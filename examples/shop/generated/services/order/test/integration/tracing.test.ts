import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';

import { trace } from '@opentelemetry/api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { EventBus } from '../../src/infrastructure/event-bus/event-bus.js';
import { flushTelemetry } from '../../src/infrastructure/observability/telemetry.js';
import { busOfItsOwn } from '../fixtures/broker.js';
import { Quiet, Recorder } from '../fixtures/happened.js';
import { BROKER, TestService, until } from '../fixtures/service.js';

/** A span as OTLP writes it in JSON. */
const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.int(),
  attributes: z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
});
type Span = z.infer<typeof Span>;
const Export = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(Span) })) })),
});
const SERVER_KIND = 2;

/** What has been exported so far. */
const spans: Span[] = [];

async function keep(request: IncomingMessage): Promise<void> {
  const { resourceSpans } = Export.parse(await json(request));
  spans.push(...resourceSpans.flatMap((each) => each.scopeSpans.flatMap((scope) => scope.spans)));
}

async function exported(start: string): Promise<Span> {
  await flushTelemetry();
  const found = spans.filter((span) => span.name.startsWith(start));
  expect(found, JSON.stringify(spans)).toHaveLength(1);
  return Span.parse(found[0]);
}

async function expectOneTrace(cause: { traceId: string; spanId: string }): Promise<void> {
  const [published, processed] = [await exported('publish'), await exported('process')];
  for (const span of [published, processed]) {
    expect([span.traceId, span.parentSpanId]).toEqual([cause.traceId, cause.spanId]);
  }
  expect(processed.links).toMatchObject([{ traceId: published.traceId, spanId: published.spanId }]);
}

describe('traces', () => {
  let collector: Server;
  let service: TestService;
  let quiet: Quiet;

  beforeAll(async () => {
    collector = createServer((request, response) => {
      keep(request).then(
        () => response.setHeader('Content-Type', 'application/json').end('{}'),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const address = collector.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
    service = await TestService.start('sqlite', { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    quiet = await Quiet.of(service);
  });

  afterAll(async () => {
    await service.stop();
    collector.close();
  });

  beforeEach(async () => {
    await flushTelemetry();
    spans.length = 0;
  });

  /** Publish one event on a bus, caused by a span of its own; the ids of that span. */
  async function caused(bus: EventBus): Promise<{ traceId: string; spanId: string }> {
    const ids = await trace.getTracer('test').startActiveSpan('cause', async (span) => {
      await quiet.put({ subject: 'a', count: 1 });
      span.end();
      return span.spanContext();
    });
    expect(await quiet.relay(bus).publishBatch()).toBe(1);
    return ids;
  }

  it('go on where the caller is', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await service.request('GET', '/nowhere', { headers: { traceparent } });
    const span = await exported('GET');
    expect([span.traceId, span.parentSpanId]).toEqual(['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']);
    expect(span.kind).toBe(SERVER_KIND);
  });

  it('hold what an event brings about, linked to the publishing that delivered it', async () => {
    await expectOneTrace(await caused(await quiet.bus(new Recorder())));
  });

  // needs the broker: set TEST_BROKER_URL (make test-servers insists on it)
  it.skipIf(BROKER === undefined)('cross the broker', async () => {
    const { bus, system, destination, forget } = busOfItsOwn();
    const recorder = new Recorder();
    await bus.start(quiet.handlers(recorder));
    try {
      await until(() => bus.isUp);
      const cause = await caused(bus);
      await until(() => recorder.seen.length === 1);
      await bus.stopConsuming();
      await expectOneTrace(cause);
      const { attributes } = await exported('process');
      expect(attributes).toContainEqual({ key: 'messaging.destination.name', value: { stringValue: destination } });
      expect(attributes).toContainEqual({ key: 'messaging.system', value: { stringValue: system } });
    } finally {
      await bus.close();
      await forget();
    }
  });
});
