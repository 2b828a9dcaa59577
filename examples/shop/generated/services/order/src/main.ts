import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';

import { isSqlite, loadSettings, type Settings } from './config/configuration.js';
import { createApp } from './create-app.js';
import { traceStatements } from './infrastructure/database/trace-statements.js';
import { configureLogging, exceptionOf, getLogger } from './infrastructure/observability/logger.js';
import { configureTelemetry } from './infrastructure/observability/telemetry.js';
import { ServiceState } from './infrastructure/service-state.js';
import { migrate } from './migrate.js';

const log = getLogger('main');
const FAREWELL_MS = 250;

/** Serve until told to stop; requests in hand are finished first. */
async function main(): Promise<void> {
  const settings = loadSettings();
  configureLogging(settings);
  await configureTelemetry(settings);
  await traceStatements(settings);
  if (isSqlite(settings)) {
    await migrate(settings);
  }
  const app = await createApp(settings);
  await app.listen(settings.port, settings.host);
  log.info('http.listening', { host: settings.host, port: settings.port });
  stopOnSignal(() => stop(app, settings));
}

type App = Awaited<ReturnType<typeof createApp>>;

async function stop(app: App, settings: Settings): Promise<void> {
  app.get(ServiceState).isStopping = true;
  await sleep(FAREWELL_MS); // answers now end their connections, so that no request meets one that is just being closed
  const graceMs = settings.shutdown_grace_s * 1000;
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), graceMs);
  await app.close().finally(() => clearTimeout(cut));
}

/** End the process with code 0 once everything is stopped; a second signal changes nothing. */
function stopOnSignal(stopping: () => Promise<void>): void {
  let isStopping = false;
  const once = (): void => {
    if (isStopping) {
      return;
    }
    isStopping = true;
    stopping().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', once);
  process.on('SIGINT', once);
}

function fail(error: unknown): void {
  log.error('service.failed', { exception: exceptionOf(error) });
  process.exit(1);
}

process.on('uncaughtException', fail);
try {
  await main();
} catch (error) {
  fail(error);
}
