import { Counter, Gauge, Histogram } from 'prom-client';

/** Events handed to the broker. */
export const EVENTS_PUBLISHED = new Counter({
  name: 'events_published_total',
  help: 'Events handed to the broker',
  labelNames: ['event', 'outcome'] as const,
});

/** Events received from the broker. */
export const EVENTS_CONSUMED = new Counter({
  name: 'events_consumed_total',
  help: 'Events received from the broker',
  labelNames: ['event', 'outcome'] as const,
});

/** Events given up after bounded tries. */
export const DEAD_LETTERS = new Counter({
  name: 'events_dead_lettered_total',
  help: 'Events given up after bounded tries',
  labelNames: ['event'] as const,
});

/** Events that wait to be published. */
export const OUTBOX_PENDING = new Gauge({ name: 'outbox_pending', help: 'Events that wait to be published' });

/** Age of the oldest event that waits to be published. */
export const OUTBOX_LAG = new Gauge({
  name: 'outbox_lag_seconds',
  help: 'Age of the oldest event that waits to be published',
});

/** Parts that an answer lacks or shows in part. */
export const PARTS_MISSING = new Counter({
  name: 'composition_parts_missing_total',
  help: 'Parts that an answer lacks or shows in part',
  labelNames: ['composition', 'part', 'reason'] as const,
});

/** Runs of sagas that came into a state. */
export const SAGA_CHANGES = new Counter({
  name: 'saga_changes_total',
  help: 'Runs of sagas that came into a state',
  labelNames: ['saga', 'state'] as const,
});

/** Runs of sagas that have not ended. */
export const SAGA_RUNS = new Gauge({
  name: 'saga_runs',
  help: 'Runs of sagas that have not ended',
  labelNames: ['saga', 'state'] as const,
});

/** Steps of sagas that were answered. */
export const SAGA_STEPS = new Counter({
  name: 'saga_steps_total',
  help: 'Steps of sagas that were answered',
  labelNames: ['step', 'outcome'] as const,
});

/** Changes of state. */
export const LIFECYCLE_TRANSITIONS = new Counter({
  name: 'lifecycle_transitions_total',
  help: 'Changes of state',
  labelNames: ['entity', 'transition'] as const,
});

/** How far views are behind. */
export const VIEW_LAG = new Histogram({
  name: 'view_lag_seconds',
  help: 'Time between an event and its projection into a view',
  labelNames: ['view'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
});
