import 'reflect-metadata';
import { pathToFileURL } from 'node:url';

import { DataSource } from 'typeorm';

import { loadSettings, type Settings } from './config/configuration.js';
import { databaseOptions } from './config/database.config.js';
import { SERVICE_NAME } from './config/service.js';
import { configureLogging, exceptionOf, getLogger } from './infrastructure/observability/logger.js';

const log = getLogger('migrate');
const LOCK_TIMEOUT_S = 60;

/** Bring the database's schema up to date; several at once wait for each other. Throws what the database throws. */
export async function migrate(settings: Settings): Promise<void> {
  const options = databaseOptions(settings);
  const isPostgresql = options.type === 'postgres';
  const source = new DataSource(isPostgresql ? { ...options, poolSize: 2, extra: {} } : options);
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    if (isPostgresql) {
      await lock.query(`SET lock_timeout = '${LOCK_TIMEOUT_S}s'`);
      await lock.query('SELECT pg_advisory_lock(hashtext($1))', [`${SERVICE_NAME}.migrations`]);
    }
    const applied = await source.runMigrations();
    log.info('database.migrated', { migrations: applied.map((migration) => migration.name) });
  } finally {
    await lock.release(); // the lock ends with its connection
    await source.destroy();
  }
}

/** The job that runs before the service: `npm run migrate`. */
async function main(): Promise<void> {
  const settings = loadSettings();
  configureLogging(settings);
  await migrate(settings);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await main();
  } catch (error) {
    log.error('database.migration_failed', { exception: exceptionOf(error) });
    process.exitCode = 1;
  }
}
