import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';

import type { Settings } from '../../config/configuration.js';
import { SERVICE_NAME, SYSTEM_NAME } from '../../config/service.js';

let provider: TracerProvider | undefined;

/**
 * Set the process's tracer once; a second call changes nothing. Spans are exported where a collector is named; without
 * one they still give the logs their trace ids.
 */
export async function configureTelemetry(settings: Settings): Promise<void> {
  if (provider !== undefined) {
    return;
  }
  const resource = resourceFromAttributes({
    'service.name': SERVICE_NAME,
    'service.namespace': SYSTEM_NAME,
    'deployment.environment.name': settings.environment,
  });
  const isExported = settings.otel_exporter_otlp_endpoint !== undefined;
  provider = new TracerProvider({ resource, spanProcessors: isExported ? [await exporting()] : [] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
}

/** Send the spans that wait. */
export async function flushTelemetry(): Promise<void> {
  const late = new Promise<void>((resolve) => {
    setTimeout(resolve, 2000).unref();
  });
  await Promise.race([provider?.forceFlush().catch(() => undefined), late]);
}

async function exporting(): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ timeoutMillis: 5000 }) });
}
