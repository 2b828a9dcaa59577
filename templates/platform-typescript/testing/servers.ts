import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

/** A PostgreSQL server that may be written to; undefined where the environment names none. */
export const DATABASE_SERVER = process.env['TEST_DATABASE_URL'];

/** A RabbitMQ server; undefined where the environment names none. */
export const BROKER_URL = process.env['TEST_BROKER_URL'];

/** Do `work` with a new database, which is dropped afterwards. */
export async function withDatabase(server: string, work: (url: string) => Promise<void>): Promise<void> {
  const name = `test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await execute(server, `CREATE DATABASE "${name}"`);
  try {
    await work(`${server.slice(0, server.lastIndexOf('/'))}/${name}`);
  } finally {
    await execute(server, `DROP DATABASE "${name}" WITH (FORCE)`);
  }
}

/** The rows that a statement gives. */
export async function execute(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(statement);
    return result.rows;
  } finally {
    await client.end();
  }
}
