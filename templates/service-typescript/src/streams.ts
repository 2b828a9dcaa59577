import 'reflect-metadata';

import { loadSettings } from './config/configuration.js';
import { STREAMS } from './domains/streams.js';
import { Database } from './infrastructure/database/database.js';
import { UnitOfWork } from './infrastructure/database/unit-of-work.js';
import { adopt, reproject } from './infrastructure/event-store/upkeep.js';
import { configureLogging, describe, getLogger } from './infrastructure/observability/logger.js';

const log = getLogger('streams');

const ACTIONS = new Map(Object.entries({ reproject, adopt }));

/**
 * Looks after the streams of event-sourced entities: `npm run streams reproject|adopt NAME …`, beside the service.
 *
 * `reproject` makes the rows of entities what their streams amount to. `adopt` begins a stream for each row that has none,
 * once an entity has become event-sourced. The exit status is 0 when it is done, 1 when a stream cannot be read, 2 when
 * there is no such action or entity.
 */
async function main([action, ...names]: readonly string[]): Promise<number> {
  const settings = loadSettings();
  configureLogging(settings);
  const act = ACTIONS.get(action ?? '');
  const chosen = STREAMS.filter(({ name }) => names.includes(name));
  if (act === undefined || names.length === 0 || chosen.length < new Set(names).size) {
    log.error('stream.unknown', { asked: [action, ...names], actions: [...ACTIONS.keys()], known: STREAMS.map(({ name }) => name) });
    return 2;
  }
  const database = new Database(settings);
  try {
    for (const stream of chosen) {
      log.info(`stream.${action}`, { stream: stream.name, streams: await act(new UnitOfWork(database), stream) });
    }
    return 0;
  } catch (error) {
    log.error('stream.unreadable', { error: describe(error) });
    return 1;
  } finally {
    await database.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
