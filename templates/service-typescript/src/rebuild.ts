import 'reflect-metadata';

import { loadSettings } from './config/configuration.js';
import { VIEWS } from './domains/views.js';
import { Database } from './infrastructure/database/database.js';
import { UnitOfWork } from './infrastructure/database/unit-of-work.js';
import { Clients } from './infrastructure/http-client/clients.js';
import { configureLogging, exceptionOf, getLogger } from './infrastructure/observability/logger.js';
import { rebuild } from './infrastructure/views/rebuild.js';

const log = getLogger('rebuild');

/**
 * Builds views anew from what other services list now: `npm run rebuild NAME …`, while the service runs or not.
 *
 * Its log says how far it is. Readers see the former rows until all new ones are there; one that is cut off leaves them as
 * they were, and is to be started again. `REBUILD_TOKEN` is the bearer token for the lists, where they need one. The exit
 * status is 0 when all are built, 1 when one could not be, 2 when there is no such view.
 */
async function main(names: readonly string[]): Promise<number> {
  const settings = loadSettings();
  configureLogging(settings);
  const chosen = VIEWS.filter((view) => names.includes(view.name));
  if (names.length === 0 || chosen.length < new Set(names).size) {
    log.error('view.unknown', { asked: names, known: VIEWS.map((view) => view.name) });
    return 2;
  }
  const database = new Database(settings);
  try {
    for (const view of chosen) {
      await rebuild(new UnitOfWork(database), view, new Clients(settings), settings.rebuild_token);
    }
    return 0;
  } catch (error) {
    log.error('view.rebuild_failed', { exception: exceptionOf(error), hint: 'the former rows are still shown; start it again' });
    return 1;
  } finally {
    await database.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
