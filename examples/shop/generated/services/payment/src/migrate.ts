import 'reflect-metadata';
import { pathToFileURL } from 'node:url';

import { Client, DatabaseError } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';

import { isSqlite, loadSettings, type Settings } from './config/configuration.js';
import { databaseOptions } from './config/database.config.js';
import { SERVICE_NAME } from './config/service.js';
import { databaseTls, withoutCertificates } from './config/transport.js';
import { configureLogging, exceptionOf, getLogger } from './infrastructure/observability/logger.js';

const log = getLogger('migrate');
const LOCK_POLL_MS = 200;

/** What PostgreSQL says where another process has just made the same database. */
const ALREADY_THERE: ReadonlySet<string> = new Set(['42P04', '23505']);

/** Bring the database's schema up to date; several at once wait for each other. Throws what the database throws. */
export async function migrate(settings: Settings): Promise<void> {
  const options = databaseOptions(settings);
  const ssl = databaseTls(settings.database_url);
  const isPostgresql = options.type === 'postgres';
  const source = new DataSource(isPostgresql ? { ...options, poolSize: 2, extra: { ssl } } : options);
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    if (isPostgresql) {
      await waitForOthers(lock);
    }
    const applied = await source.runMigrations();
    log.info('database.migrated', { migrations: applied.map((migration) => migration.name) });
  } finally {
    await lock.release(); // the lock ends with its connection
    await source.destroy();
  }
}

/** Be the only migrator. It asks again and again: one that waited in a statement would hold back an index that is being built. */
async function waitForOthers(lock: QueryRunner): Promise<void> {
  for (;;) {
    const rows: unknown = await lock.query('SELECT pg_try_advisory_lock(hashtext($1)) AS held', [`${SERVICE_NAME}.migrations`]);
    if (Array.isArray(rows) && Object(rows[0]).held === true) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

/** Make the database that the settings name, where the PostgreSQL server has none of that name. */
export async function createDatabase(settings: Settings): Promise<void> {
  if (isSqlite(settings)) {
    return;
  }
  const url = new URL(withoutCertificates(settings.database_url));
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href, ssl: databaseTls(settings.database_url) });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
      log.info('database.created', { name });
    }
  } catch (error) {
    if (!(error instanceof DatabaseError && ALREADY_THERE.has(error.code ?? ''))) {
      throw error;
    }
  } finally {
    await client.end();
  }
}

/** The job that runs before the service: `npm run migrate`; with `--create-database` it makes the database first. */
async function main(): Promise<void> {
  const settings = loadSettings();
  configureLogging(settings);
  if (process.argv.includes('--create-database')) {
    await createDatabase(settings);
  }
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
