"""The dashboards of what spans services: an overview, sagas, the figures of the business, and the broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.monitoring.alerts_events import LAG_S, PENDING
from microservices_skill.monitoring.alerts_platform import WAITING
from microservices_skill.monitoring.dashboard_service import RATE, burn
from microservices_skill.monitoring.panels import Dashboard, Panel, Query, Row
from microservices_skill.monitoring.promises import REQUESTS, availability, latency
from microservices_skill.monitoring.watched import Watched, WatchedSaga

_SERVICE = "{{service}}"


def overview_dashboard(system: str, services: Sequence[Watched]) -> Dashboard:
    """All services beside each other."""
    rows = (
        Row("Now", tuple(_now())),
        Row("Requests", tuple(_requests())),
        Row("Promises: how fast budgets are spent; 1 is just as promised", tuple(_promises(services))),
        Row("Events and dependencies", tuple(_between(services))),
    )
    return Dashboard("overview", f"{system}: overview", f"How every service of {system} does.", rows)


def _now() -> Iterator[Panel]:
    yield Panel("Processes that are up", (Query('sum by (service) (up{job="services"})', _SERVICE),), kind="stat", width=12)
    firing = 'count by (alertname, service) (ALERTS{alertstate="firing"}) or vector(0)'
    yield Panel("Alerts that fire", (Query(firing, "{{alertname}} {{service}}"),), kind="stat", width=12, limit=1)


def _requests() -> Iterator[Panel]:
    yield Panel("Rate", (Query(f"sum by (service) (rate({REQUESTS}_count[{RATE}]))", _SERVICE),), "reqps")
    yield Panel("Part that fails", (Query("service:http_requests_failed:ratio_rate5m", _SERVICE),), "percentunit")
    slowest = f"histogram_quantile(0.99, sum by (service, le) (rate({REQUESTS}_bucket[{RATE}])))"
    yield Panel("99th percentile", (Query(slowest, _SERVICE),), "s")


def _promises(services: Sequence[Watched]) -> Iterator[Panel]:
    errors = tuple(Query(burn(each, availability(each), "1h"), each.name) for each in services if each.error_budget > 0)
    if errors:
        yield Panel("Error budgets, over an hour", errors, width=12, limit=1)
    slow = tuple(Query(burn(each, latency(each), "1h"), each.name) for each in services)
    yield Panel("Latency budgets, over an hour", slow, width=12, limit=1)


def _between(services: Sequence[Watched]) -> Iterator[Panel]:
    if any(each.published for each in services):
        yield Panel("Oldest event that waits", (Query("max by (service) (outbox_lag_seconds)", _SERVICE),), "s", limit=LAG_S)
        yield Panel("Events that wait", (Query("max by (service) (outbox_pending)", _SERVICE),), limit=PENDING)
    if any(each.heard for each in services):
        given_up = "sum by (service) (increase(events_dead_lettered_total[1h]))"
        yield Panel("Dead letters in an hour", (Query(given_up, _SERVICE),), limit=1)
    if any(each.guarded for each in services):
        state = "max by (service, dependency) (circuit_breaker_open)"
        yield Panel("Circuit breakers that are open", (Query(state, "{{service}} to {{dependency}}"),), limit=1)


def saga_dashboard(system: str, services: Sequence[Watched]) -> Dashboard:
    """Each saga by itself."""
    rows = tuple(Row(saga.name, tuple(_saga(each, saga))) for each in services for saga in each.sagas)
    return Dashboard("sagas", f"{system}: sagas", "Runs by state, how they end, and what became of their steps.", rows)


def _saga(each: Watched, saga: WatchedSaga) -> Iterator[Panel]:
    about = f'service="{each.name}",saga="{saga.name}"'
    yield Panel("Runs that have not ended", (Query(f"max by (state) (saga_runs{{{about}}})", "{{state}}"),), width=12)
    stuck = f'max by (saga) (saga_runs{{{about},state="stuck"}})'
    yield Panel("Stuck: an operator is needed", (Query(stuck, "stuck"),), kind="stat", width=4, limit=1)
    changes = f"sum by (state) (increase(saga_changes_total{{{about}}}[1h]))"
    yield Panel("Came into a state, in an hour", (Query(changes, "{{state}}"),))
    steps = f'sum by (step, outcome) (increase(saga_steps_total{{step=~"{saga.name}[.].+"}}[1h]))'
    yield Panel("Steps by outcome, in an hour", (Query(steps, "{{step}}: {{outcome}}"),), width=16)


def business_dashboard(system: str, services: Sequence[Watched]) -> Dashboard:
    """What was made, and what became of it."""
    rows = tuple(Row(each.name, tuple(_figures(each))) for each in services)
    return Dashboard("business", f"{system}: business", "What was made in each service, and how it moved on through its lifecycle.", rows)


def _figures(each: Watched) -> Iterator[Panel]:
    own = f'service="{each.name}"'
    created = f'{REQUESTS}_count{{{own},http_request_method="POST",http_response_status_code="201"}}'
    if any(endpoint.action.value == "create" for endpoint in each.service.endpoints):
        yield Panel("Made, in an hour", (Query(f"sum by (http_route) (increase({created}[1h]))", "{{http_route}}"),), width=12)
    if any(entity.lifecycle is not None for entity in each.service.entities):
        moved = f"sum by (entity, transition) (increase(lifecycle_transitions_total{{{own}}}[1h]))"
        yield Panel("Moved on, in an hour", (Query(moved, "{{entity}}: {{transition}}"),), width=12)


def broker_dashboard(system: str) -> Dashboard:
    """RabbitMQ by its own measures (the plugin rabbitmq_prometheus)."""
    return Dashboard(
        "broker",
        f"{system}: broker",
        "RabbitMQ: what waits in which queue, who takes it, and whether there is room.",
        (Row("Queues", tuple(_queues(system))), Row("Messages", tuple(_messages())), Row("The broker itself", tuple(_broker()))),
    )


def _queues(system: str) -> Iterator[Panel]:
    own = f'queue=~"{system}[.].+",queue!~".+[.]dead-letters"'
    waiting = f"max by (queue) (rabbitmq_detailed_queue_messages{{{own}}})"
    yield Panel("Waiting", (Query(waiting, "{{queue}}"),), limit=WAITING)
    letters = f'max by (queue) (rabbitmq_detailed_queue_messages{{queue=~"{system}[.].+[.]dead-letters"}})'
    yield Panel("Dead letters", (Query(letters, "{{queue}}"),), limit=1)
    yield Panel("Consumers", (Query(f"max by (queue) (rabbitmq_detailed_queue_consumers{{{own}}})", "{{queue}}"),))


def _messages() -> Iterator[Panel]:
    for title, metric in (
        ("Received", "rabbitmq_global_messages_received_total"),
        ("Confirmed", "rabbitmq_global_messages_confirmed_total"),
        ("Acknowledged", "rabbitmq_global_messages_acknowledged_total"),
    ):
        yield Panel(title, (Query(f"sum(rate({metric}[{RATE}]))", title.lower()),), "ops")


def _broker() -> Iterator[Panel]:
    used = "max(rabbitmq_process_resident_memory_bytes)"
    yield Panel("Memory", (Query(used, "used"), Query("max(rabbitmq_resident_memory_limit_bytes)", "limit")), "bytes")
    free = "min(rabbitmq_disk_space_available_bytes)"
    yield Panel("Disk", (Query(free, "free"), Query("max(rabbitmq_disk_space_available_limit_bytes)", "limit")), "bytes")
    yield Panel("Connections", (Query("sum(rabbitmq_connections)", "connections"), Query("sum(rabbitmq_channels)", "channels")))
