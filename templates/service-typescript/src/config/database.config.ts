import { fileURLToPath } from 'node:url';

import { types, type CustomTypesConfig } from 'pg';
import type { DataSourceOptions } from 'typeorm';

import { ENTITIES } from '../infrastructure/database/entities.js';
import { MIGRATIONS } from '../infrastructure/database/migrations/index.js';
import { NodeSqlite } from '../infrastructure/database/node-sqlite.js';
import { isSqlite, type Settings } from './configuration.js';
import { SERVICE_NAME } from './service.js';
import { databaseTls, withoutCertificates } from './transport.js';

const SHARED = {
  entities: [...ENTITIES],
  migrations: [...MIGRATIONS],
  migrationsTableName: 'schema_migrations',
  migrationsTransactionMode: 'each' as const,
  synchronize: false,
  logging: false,
};

// Dates and moments arrive as text: a Date would lose the day in some zones, and digits in all.
const AS_TEXT: ReadonlySet<number> = new Set([types.builtins.DATE, types.builtins.TIMESTAMPTZ]);
const TYPES: CustomTypesConfig = {
  getTypeParser: (oid, format) => (AS_TEXT.has(oid) ? String : types.getTypeParser(oid, format)),
};

/** How TypeORM reaches the database that the settings name. */
export function databaseOptions(settings: Settings): DataSourceOptions {
  const timeoutMs = settings.database_timeout_s * 1000;
  if (isSqlite(settings)) {
    return {
      ...SHARED,
      type: 'better-sqlite3',
      driver: NodeSqlite,
      database: sqliteFile(settings.database_url),
      timeout: timeoutMs,
      enableWAL: true,
      prepareDatabase: (database: NodeSqlite) => void database.pragma('synchronous = FULL'),
    };
  }
  return {
    ...SHARED,
    type: 'postgres',
    url: withoutCertificates(settings.database_url),
    applicationName: SERVICE_NAME,
    poolSize: settings.database_pool_size,
    connectTimeoutMS: timeoutMs,
    installExtensions: false,
    extra: {
      ssl: databaseTls(settings.database_url),
      types: TYPES,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + 500, // the server's own limit comes first and leaves the link usable
      idle_in_transaction_session_timeout: 60_000,
      maxLifetimeSeconds: settings.database_lifetime_s,
      keepAlive: true,
    },
  };
}

/** The file of a URL such as sqlite:///./order.db (relative) or sqlite:////data/order.db (absolute). */
function sqliteFile(url: string): string {
  const path = url.replace(/^sqlite:(\/\/)?/, '');
  if (path === '' || path === '/' || path === ':memory:' || path === '/:memory:') {
    return ':memory:';
  }
  return path.startsWith('//') ? fileURLToPath(`file://${path.slice(1)}`) : path.replace(/^\//, '');
}
