import type { Settings } from '../../config/configuration.js';

let isTraced = false;

/**
 * Give SQL statements spans; only where spans go somewhere, as they cost a request's time. Must run before the database
 * driver is loaded; a second call changes nothing.
 */
export async function traceStatements(settings: Settings): Promise<void> {
  if (isTraced || settings.otel_exporter_otlp_endpoint === undefined) {
    return;
  }
  isTraced = true;
  const [{ registerInstrumentations }, { PgInstrumentation }] = await Promise.all([
    import('@opentelemetry/instrumentation'),
    import('@opentelemetry/instrumentation-pg'),
  ]);
  registerInstrumentations({ instrumentations: [new PgInstrumentation({ requireParentSpan: true })] });
}
