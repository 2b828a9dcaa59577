/** Samples this process between two SIGUSR2 and writes what it saw to $PROFILE; loaded by `node --require`. */
'use strict';

const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: 1000 });

let isRunning = false;
process.on('SIGUSR2', () => {
  if (!isRunning) {
    session.post('Profiler.start');
  } else {
    session.post('Profiler.stop', (error, { profile }) => writeFileSync(process.env.PROFILE, JSON.stringify(profile)));
  }
  isRunning = !isRunning;
});
