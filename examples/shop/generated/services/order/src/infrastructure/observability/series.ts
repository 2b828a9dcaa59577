import { BREAKER_OPEN, DEPENDENCY_CALLS } from './http-metrics.js';
import {
  DEAD_LETTERS,
  EVENTS_CONSUMED,
  EVENTS_PUBLISHED,
  LIFECYCLE_TRANSITIONS,
  PARTS_MISSING,
  SAGA_CHANGES,
  SAGA_STEPS,
  VIEW_LAG,
} from './metrics.js';

/** Types of the events that it tells. */
const PUBLISHED: readonly string[] = [
  'shop.OrderPlaced.v1',
  'shop.OrderConfirmed.v1',
  'shop.OrderCancelled.v1',
  'shop.PlaceOrderReserveStockCommand.v1',
  'shop.PlaceOrderReserveStockCompensation.v1',
  'shop.PlaceOrderAuthorizePaymentCommand.v1',
  'shop.PlaceOrderAuthorizePaymentCompensation.v1',
  'shop.PlaceOrderCapturePaymentCommand.v1',
  'shop.PlaceOrderCommitStockCommand.v1',
];

/** Types of the events that it hears. */
const HEARD: readonly string[] = [
  'shop.PlaceOrderReserveStockReply.v1',
  'shop.PlaceOrderAuthorizePaymentReply.v1',
  'shop.PlaceOrderCapturePaymentReply.v1',
  'shop.PlaceOrderCommitStockReply.v1',
];

/** Whom it calls. */
const DEPENDENCIES: readonly string[] = [];

/** Whom it calls through a circuit breaker. */
const GUARDED: readonly string[] = [];

/** Sagas that it coordinates. */
const SAGAS: readonly string[] = [
  'PlaceOrderSaga',
];

/** Steps of sagas that it carries out. */
const STEPS: readonly string[] = [];

/** Its entities and how each can change its state. */
const TRANSITIONS: readonly (readonly [string, string])[] = [
  ['purchase order', 'confirm'],
  ['purchase order', 'cancel'],
];

/** Its compositions and their parts. */
const PARTS: readonly (readonly [string, string])[] = [];

/** Its views. */
const VIEWS: readonly string[] = [];

const SAGA_STATES = ['running', 'compensating', 'completed', 'compensated', 'stuck'];
const STEP_OUTCOMES = ['done', 'refused', 'undone', 'not_undone'];
const REASONS = ['not_found', 'refused', 'timeout', 'unavailable', 'invalid', 'truncated'];

/** Make every series that this service can have, at zero, so that the first thing that happens is seen as an increase. */
export function beginSeries(): void {
  for (const event of PUBLISHED) {
    ['confirmed', 'failed'].forEach((outcome) => EVENTS_PUBLISHED.inc({ event, outcome }, 0));
  }
  for (const event of HEARD) {
    DEAD_LETTERS.inc({ event }, 0);
    ['handled', 'duplicate'].forEach((outcome) => EVENTS_CONSUMED.inc({ event, outcome }, 0));
  }
  for (const dependency of DEPENDENCIES) {
    ['answered', 'failed'].forEach((outcome) => DEPENDENCY_CALLS.inc({ dependency, outcome }, 0));
  }
  for (const dependency of GUARDED) {
    BREAKER_OPEN.inc({ dependency }, 0);
  }
  for (const saga of SAGAS) {
    SAGA_STATES.forEach((state) => SAGA_CHANGES.inc({ saga, state }, 0));
  }
  for (const step of STEPS) {
    STEP_OUTCOMES.forEach((outcome) => SAGA_STEPS.inc({ step, outcome }, 0));
  }
  for (const [entity, transition] of TRANSITIONS) {
    LIFECYCLE_TRANSITIONS.inc({ entity, transition }, 0);
  }
  for (const [composition, part] of PARTS) {
    REASONS.forEach((reason) => PARTS_MISSING.inc({ composition, part, reason }, 0));
  }
  for (const view of VIEWS) {
    VIEW_LAG.zero({ view });
  }
}
