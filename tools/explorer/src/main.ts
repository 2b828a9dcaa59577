/** Starts every part of the page. */

import * as host from './host.js';
import * as inspector from './inspector.js';
import * as map from './map.js';
import * as tables from './tables.js';
import * as tabs from './tabs.js';
import * as theme from './theme.js';
import * as toolbar from './toolbar.js';

theme.start();
toolbar.start();
tabs.start();
tables.start();
inspector.start();
map.start();
host.start('microservices-skill');
