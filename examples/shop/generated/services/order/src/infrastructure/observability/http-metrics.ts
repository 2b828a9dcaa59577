import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';

import { LATENCY_PROMISE_S } from '../../config/service.js';

collectDefaultMetrics({ register });

/** The usual steps and the promise itself, so that it can be told how many requests keep it. */
const SECONDS = [...new Set([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, LATENCY_PROMISE_S])].toSorted(
  (one, other) => one - other,
);

/** Where all metrics are kept. */
export const METRICS = register;

/** How long requests take. */
export const REQUEST_DURATION = new Histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Duration of HTTP requests',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'] as const,
  buckets: SECONDS,
});

/** Calls to other services. */
export const DEPENDENCY_CALLS = new Counter({
  name: 'dependency_calls_total',
  help: 'Calls to other services',
  labelNames: ['dependency', 'outcome'] as const,
});

/** 1 while calls to a dependency are refused. */
export const BREAKER_OPEN = new Gauge({
  name: 'circuit_breaker_open',
  help: '1 while calls to a dependency are refused',
  labelNames: ['dependency'] as const,
});
