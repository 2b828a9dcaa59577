import { Initial1700000000001 } from './0001-initial.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [Initial1700000000001];
