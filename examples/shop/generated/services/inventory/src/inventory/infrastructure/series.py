"""The series that this service can have: each begins at zero, so that the first thing that happens is seen as an increase."""

from __future__ import annotations

from inventory.infrastructure.http_metrics import BREAKER_OPEN, DEPENDENCY_CALLS
from inventory.infrastructure.metrics import (
    DEAD_LETTERS,
    EVENTS_CONSUMED,
    EVENTS_PUBLISHED,
    LIFECYCLE_TRANSITIONS,
    PARTS_MISSING,
    SAGA_CHANGES,
    SAGA_STEPS,
    VIEW_LAG,
)

PUBLISHED: tuple[str, ...] = (
    "shop.StockReserved.v1",
    "shop.StockReleased.v1",
    "shop.PlaceOrderReserveStockReply.v1",
    "shop.PlaceOrderCommitStockReply.v1",
)
"""Types of the events that it tells."""
HEARD: tuple[str, ...] = (
    "shop.PlaceOrderReserveStockCommand.v1",
    "shop.PlaceOrderReserveStockCompensation.v1",
    "shop.PlaceOrderCommitStockCommand.v1",
)
"""Types of the events that it hears."""
DEPENDENCIES: tuple[str, ...] = ()
"""Whom it calls."""
GUARDED: tuple[str, ...] = ()
"""Whom it calls through a circuit breaker."""
SAGAS: tuple[str, ...] = ()
"""Sagas that it coordinates."""
STEPS: tuple[str, ...] = (
    "PlaceOrderSaga.reserve_stock",
    "PlaceOrderSaga.commit_stock",
)
"""Steps of sagas that it carries out."""
TRANSITIONS: tuple[tuple[str, str], ...] = (
    ("stock reservation", "commit"),
    ("stock reservation", "release"),
)
"""Its entities and how each can change its state."""
PARTS: tuple[tuple[str, str], ...] = ()
"""Its compositions and their parts."""
VIEWS: tuple[str, ...] = ()
"""Its views."""
SAGA_STATES = ("running", "compensating", "completed", "compensated", "stuck")
STEP_OUTCOMES = ("done", "refused", "undone", "not_undone")
REASONS = ("not_found", "refused", "timeout", "unavailable", "invalid", "truncated")


def begin_series() -> None:
    """Make every series, at zero."""
    _begin_events()
    _begin_dependencies()
    _begin_sagas()
    _begin_answers()


def _begin_events() -> None:
    for event in PUBLISHED:
        for outcome in ("confirmed", "failed"):
            EVENTS_PUBLISHED.labels(event=event, outcome=outcome)
    for event in HEARD:
        DEAD_LETTERS.labels(event=event)
        for outcome in ("handled", "duplicate"):
            EVENTS_CONSUMED.labels(event=event, outcome=outcome)


def _begin_dependencies() -> None:
    for dependency in DEPENDENCIES:
        for outcome in ("answered", "failed"):
            DEPENDENCY_CALLS.labels(dependency=dependency, outcome=outcome)
    for dependency in GUARDED:
        BREAKER_OPEN.labels(dependency=dependency)


def _begin_sagas() -> None:
    for saga in SAGAS:
        for state in SAGA_STATES:
            SAGA_CHANGES.labels(saga=saga, state=state)
    for step in STEPS:
        for outcome in STEP_OUTCOMES:
            SAGA_STEPS.labels(step=step, outcome=outcome)


def _begin_answers() -> None:
    for entity, transition in TRANSITIONS:
        LIFECYCLE_TRANSITIONS.labels(entity=entity, transition=transition)
    for composition, part in PARTS:
        for reason in REASONS:
            PARTS_MISSING.labels(composition=composition, part=part, reason=reason)
    for view in VIEWS:
        VIEW_LAG.labels(view=view)
