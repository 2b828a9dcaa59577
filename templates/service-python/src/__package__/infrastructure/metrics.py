"""Metrics beside the request rate, errors and durations that FastAPI's telemetry gives: events, outbox, sagas, views."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it; one more series for each is of no use

EVENTS_PUBLISHED = Counter("events_published_total", "Events handed to the broker", ["event", "outcome"])
EVENTS_CONSUMED = Counter("events_consumed_total", "Events received from the broker", ["event", "outcome"])
DEAD_LETTERS = Counter("events_dead_lettered_total", "Events given up after bounded tries", ["event"])
OUTBOX_PENDING = Gauge("outbox_pending", "Events that wait to be published")
OUTBOX_LAG = Gauge("outbox_lag_seconds", "Age of the oldest event that waits to be published")
SAGA_CHANGES = Counter("saga_changes_total", "Runs of sagas that came into a state", ["saga", "state"])
SAGA_RUNS = Gauge("saga_runs", "Runs of sagas that have not ended", ["saga", "state"])
SAGA_STEPS = Counter("saga_steps_total", "Steps of sagas that were answered", ["step", "outcome"])
PARTS_MISSING = Counter(
    "composition_parts_missing_total", "Parts that an answer lacks or shows in part", ["composition", "part", "reason"]
)
LIFECYCLE_TRANSITIONS = Counter("lifecycle_transitions_total", "Changes of state", ["entity", "transition"])
VIEW_LAG = Histogram(
    "view_lag_seconds",
    "Time between an event and its projection into a view",
    ["view"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
