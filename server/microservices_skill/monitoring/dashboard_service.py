"""The dashboard of one service: its requests, its events, what it needs of others, and its processes."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.system import Language
from microservices_skill.monitoring.alerts_answers import BEHIND_S
from microservices_skill.monitoring.alerts_events import LAG_S, PENDING
from microservices_skill.monitoring.panels import Dashboard, Panel, Query, Row
from microservices_skill.monitoring.promises import LATENCY_BUDGET, REQUESTS, Promise, availability, latency
from microservices_skill.monitoring.watched import Watched

RATE = "$__rate_interval"


def service_dashboard(each: Watched) -> Dashboard:
    """What one service does, and how well."""
    rows = (
        Row("Requests", tuple(_requests(each))),
        Row("Promises", tuple(_promises(each))),
        Row("Events", tuple(_events(each))),
        Row("What it needs of others", tuple(_others(each))),
        Row("Processes", tuple(_processes(each))),
    )
    about = f"Requests, promises, events, dependencies and processes of {each.name}; owned by {each.owner}."
    return Dashboard(f"service-{each.name}", f"{each.system}: {each.name}", about, rows)


def burn(each: Watched, promise: Promise, span: str) -> str:
    """How many times as fast as promised a budget is spent."""
    return f'{promise.ratio}{span}{{service="{each.name}"}} / {promise.budget:f}'


def _requests(each: Watched) -> Iterator[Panel]:
    own = f'service="{each.name}"'
    by_route = "sum by (http_request_method, http_route)"
    yield Panel("Rate by route", (Query(f"{by_route} (rate({REQUESTS}_count{{{own}}}[{RATE}]))", _ROUTE),), "reqps")
    failed = f'{by_route} (rate({REQUESTS}_count{{{own},http_response_status_code=~"5.."}}[{RATE}]))'
    refused = f'sum by (http_response_status_code) (rate({REQUESTS}_count{{{own},http_response_status_code=~"4.."}}[{RATE}]))'
    yield Panel("Failures by route (5xx)", (Query(failed, _ROUTE),), "reqps")
    yield Panel("Refusals by status (4xx)", (Query(refused, "{{http_response_status_code}}"),), "reqps")
    slowest = f"histogram_quantile(0.99, sum by (http_request_method, http_route, le) (rate({REQUESTS}_bucket{{{own}}}[{RATE}])))"
    usual = f"histogram_quantile(0.5, sum by (http_request_method, http_route, le) (rate({REQUESTS}_bucket{{{own}}}[{RATE}])))"
    yield Panel("99th percentile by route", (Query(slowest, _ROUTE),), "s", width=12, limit=float(each.p99_s))
    yield Panel("Median by route", (Query(usual, _ROUTE),), "s", width=12)


_ROUTE = "{{http_request_method}} {{http_route}}"


def _promises(each: Watched) -> Iterator[Panel]:
    if each.error_budget > 0:
        queries = tuple(Query(burn(each, availability(each), span), span) for span in ("1h", "6h", "3d"))
        about = "1 spends the budget of 30 days in 30 days. Pages begin at 6 over 6 hours and at 14.4 over one."
        yield Panel("Error budget: how fast it is spent", queries, about=about, width=12, limit=1)
    queries = tuple(Query(burn(each, latency(each), span), span) for span in ("1h", "6h", "3d"))
    about = f"{LATENCY_BUDGET * 100:f} % of requests may take longer than {each.p99_s} s; 1 is just as many."
    yield Panel("Latency budget: how fast it is spent", queries, about=about, width=12, limit=1)


def _events(each: Watched) -> Iterator[Panel]:
    own = f'service="{each.name}"'
    if each.published:
        told = f'sum by (event) (rate(events_published_total{{{own},outcome="confirmed"}}[{RATE}]))'
        failed = f'sum by (event) (rate(events_published_total{{{own},outcome="failed"}}[{RATE}]))'
        yield Panel("Published", (Query(told, "{{event}}"), Query(failed, "failed: {{event}}")), "ops")
        yield Panel("Oldest that waits", (Query(f"max by (service) (outbox_lag_seconds{{{own}}})", "outbox"),), "s", limit=LAG_S)
        yield Panel("Waiting", (Query(f"max by (service) (outbox_pending{{{own}}})", "outbox"),), limit=PENDING)
    if each.heard:
        heard = f"sum by (event, outcome) (rate(events_consumed_total{{{own}}}[{RATE}]))"
        given_up = f"sum by (event) (increase(events_dead_lettered_total{{{own}}}[1h]))"
        yield Panel("Consumed", (Query(heard, "{{event}} {{outcome}}"),), "ops", width=12)
        yield Panel("Dead letters in an hour", (Query(given_up, "{{event}}"),), width=12, limit=1)


def _others(each: Watched) -> Iterator[Panel]:
    own = f'service="{each.name}"'
    if each.service.dependencies:
        calls = f"sum by (dependency, outcome) (rate(dependency_calls_total{{{own}}}[{RATE}]))"
        yield Panel("Calls by outcome", (Query(calls, "{{dependency}} {{outcome}}"),), "reqps", width=12)
    if each.guarded:
        state = f"max by (dependency) (circuit_breaker_open{{{own}}})"
        yield Panel("Circuit breakers that are open", (Query(state, "{{dependency}}"),), width=12, limit=1)
    for composition in each.service.compositions:
        missing = f'sum by (part, reason) (rate(composition_parts_missing_total{{{own},composition="{composition.name}"}}[{RATE}]))'
        yield Panel(f"{composition.name}: parts that are missing", (Query(missing, "{{part}}: {{reason}}"),), "ops", width=12)
    for view in each.service.views:
        buckets = f'sum by (le) (rate(view_lag_seconds_bucket{{{own},view="{view.name}"}}[{RATE}]))'
        queries = (Query(f"histogram_quantile(0.99, {buckets})", "99 %"), Query(f"histogram_quantile(0.5, {buckets})", "half"))
        yield Panel(f"{view.name}: behind its events", queries, "s", width=12, limit=BEHIND_S)


def _processes(each: Watched) -> Iterator[Panel]:
    own = f'service="{each.name}"'
    by_instance = "{{instance}}"
    yield Panel("Up", (Query(f"up{{{own}}}", by_instance),), width=6)
    yield Panel("Processor", (Query(f"rate(process_cpu_seconds_total{{{own}}}[{RATE}])", by_instance),), "percentunit", width=6, limit=0.9)
    yield Panel("Memory", (Query(f"process_resident_memory_bytes{{{own}}}", by_instance),), "bytes", width=6)
    open_files = f"process_open_fds{{{own}}} / process_max_fds{{{own}}}"
    yield Panel("Files and sockets", (Query(open_files, by_instance),), "percentunit", width=6, limit=0.8)
    if each.service.language is Language.TYPESCRIPT:
        yield Panel("Event loop, 99th percentile", (Query(f"nodejs_eventloop_lag_p99_seconds{{{own}}}", by_instance),), "s", limit=0.25)
        collecting = f"sum by (instance, kind) (rate(nodejs_gc_duration_seconds_sum{{{own}}}[{RATE}]))"
        yield Panel("Time in garbage collection", (Query(collecting, "{{instance}} {{kind}}"),), "percentunit")
        yield Panel("Heap in use", (Query(f"nodejs_heap_size_used_bytes{{{own}}}", by_instance),), "bytes")
    if each.service.language is Language.PYTHON:
        collections = f"sum by (instance, generation) (rate(python_gc_collections_total{{{own}}}[{RATE}]))"
        yield Panel("Garbage collections", (Query(collections, "{{instance}} generation {{generation}}"),), "ops", width=12)
