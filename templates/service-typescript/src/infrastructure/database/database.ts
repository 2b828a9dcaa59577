import { DataSource, type QueryRunner } from 'typeorm';

import { databaseOptions } from '../../config/database.config.js';
import type { Settings } from '../../config/configuration.js';
import { DatabaseUnavailableError } from './outage.js';

/** The database: connects when it is first needed, and again after it was away; the service starts without it. */
export class Database {
  readonly dataSource: DataSource;
  private opening: Promise<DataSource> | undefined;
  private isClosed = false;

  constructor(private readonly settings: Settings) {
    this.dataSource = new DataSource(databaseOptions(settings));
  }

  /** Whether the database is PostgreSQL. */
  get isPostgresql(): boolean {
    return this.dataSource.options.type === 'postgres';
  }

  /** The connected data source; throws what the driver throws while the database is away. */
  async ready(): Promise<DataSource> {
    if (this.isClosed) {
      throw new DatabaseUnavailableError('the service is stopping');
    }
    if (this.dataSource.isInitialized) {
      return this.dataSource;
    }
    this.opening ??= this.dataSource.initialize().finally(() => (this.opening = undefined));
    return await this.opening;
  }

  /** Whether the database answers in time. */
  async isUp(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.settings.database_timeout_s * 1000);
    });
    try {
      return await Promise.race([this.answers(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Give all connections back. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.opening?.catch(() => undefined);
    if (this.dataSource.isInitialized) {
      await this.dataSource.destroy();
    }
  }

  private async answers(): Promise<boolean> {
    let runner: QueryRunner | undefined;
    try {
      runner = (await this.ready()).createQueryRunner();
      await runner.query('SELECT 1');
      return true;
    } catch {
      await (this.isPostgresql && runner !== undefined ? evict(runner).catch(() => undefined) : undefined);
      return false;
    } finally {
      await runner?.release().catch(() => undefined);
    }
  }
}

/** Close a runner's connection instead of giving it back: what it still waits for would keep the next one waiting. */
export async function evict(runner: QueryRunner): Promise<void> {
  const client: unknown = await runner.connect();
  if (typeof client === 'object' && client !== null && 'connection' in client) {
    const { connection } = client;
    if (typeof connection === 'object' && connection !== null && 'stream' in connection) {
      destroy(connection.stream);
    }
  }
}

function destroy(stream: unknown): void {
  if (typeof stream === 'object' && stream !== null && 'destroy' in stream && typeof stream.destroy === 'function') {
    stream.destroy();
  }
}
