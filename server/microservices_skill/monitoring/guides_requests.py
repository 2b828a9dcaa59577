"""Runbooks of promises to callers and of the processes that keep them."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.monitoring.guide import Guide
from microservices_skill.monitoring.watched import Watched

_REQUESTS = "http_server_request_duration_seconds"
_BY_ROUTE = (
    f"Which route and which status: `sum by (http_request_method, http_route, http_response_status_code) (rate({_REQUESTS}_count"
    '{service="SERVICE",http_response_status_code=~"5.."}[5m]))`.'
)
_SINCE = 'Did it begin with a release? Compare with `time() - process_start_time_seconds{service="SERVICE"}` and with the last deployments.'
_STORY = (
    "Take the `request_id` or `trace_id` of a failed request from the logs (`http.unhandled`, `database.unavailable`) and follow it: "
    "`microservices-skill trace ID` on a machine where `up` runs, else the trace in Jaeger."
)
_NEIGHBOURS = (
    'Is it a neighbour? `max by (dependency) (circuit_breaker_open{service="SERVICE"})` and '
    '`sum by (dependency, outcome) (rate(dependency_calls_total{service="SERVICE"}[5m]))`.'
)
_READY = "Does its database answer? `curl ADDRESS/health/ready` says `database` and `broker`, each up or down."
_ROLL_BACK = "If a release brought it, roll that release back: it is quicker than to mend it, and migrations only ever add."
_MORE = "If there is more traffic than it was made for, add processes (`replicas` in the model; any number may run beside each other)."
_BUDGET_SURE = (
    "The short window of the alert falls below its threshold minutes after the fault has ended, and the alert with it. "
    "What is spent of the budget stays spent for 30 days: the dashboard of the service shows how much is left."
)


def _promise(each: Watched) -> Sequence[str]:
    slo = each.service.slo
    return (f"{each.name} promises {slo.availability:g} % of requests without a 5xx, and 99 % of requests within {each.p99_s} s.",)


def _calls(each: Watched) -> Sequence[str]:
    names = dict.fromkeys(dependency.to for dependency in each.service.dependencies)
    return (
        *_promise(each),
        *((f"{each.name} calls {', '.join(names)}: look at {'it' if len(names) == 1 else 'them'} first.",) if names else ()),
    )


GUIDES = {
    "AvailabilityBudgetBurnsFast": Guide(
        means="Requests fail with a 5xx so often that the error budget of 30 days is gone within days or hours. It is still going on.",
        look=(_BY_ROUTE, _NEIGHBOURS, _READY, _STORY, _SINCE),
        mend=(
            _ROLL_BACK,
            "If a neighbour fails, mend that first; until then its circuit breaker keeps calls from piling up.",
            "If the database does not answer, bring it back. Services need no restart: they connect again by themselves.",
            _MORE,
        ),
        sure=_BUDGET_SURE,
        about=_calls,
    ),
    "AvailabilityBudgetBurnsSlowly": Guide(
        means="Requests fail a little more often than promised, for days. Nobody needs to get up; left alone, the promise is broken.",
        look=(_BY_ROUTE.replace("[5m]", "[1d]"), _NEIGHBOURS.replace("[5m]", "[1d]"), _STORY, _SINCE),
        mend=(
            "Find the route with most failures and mend its cause; a few kinds of failure are most of the budget.",
            "If failures cannot be avoided at this price, renegotiate `slo.availability` in `architecture.yaml` and generate again.",
        ),
        sure=_BUDGET_SURE,
        about=_calls,
    ),
    "LatencyBudgetBurnsFast": Guide(
        means="So many requests take longer than the p99 of the model that the budget for slow ones is gone within days or hours.",
        look=(
            f'Which route: `histogram_quantile(0.99, sum by (http_route, le) (rate({_REQUESTS}_bucket{{service="SERVICE"}}[5m])))`.',
            'Does it compute? `rate(process_cpu_seconds_total{service="SERVICE"}[5m])` near 1 is a full processor.',
            _NEIGHBOURS,
            (
                "Where the time goes: in Jaeger, traces of SERVICE by duration; each call and each SQL statement is a span. "
                "Every request over the p99 is kept."
            ),
            _SINCE,
        ),
        mend=(
            _ROLL_BACK,
            "If one SQL statement takes the time, add the index that it lacks, as a migration.",
            "If a neighbour is slow, its `timeout` in the model bounds the wait, and its circuit breaker ends it.",
            _MORE,
        ),
        sure=_BUDGET_SURE,
        about=_calls,
    ),
    "LatencyBudgetBurnsSlowly": Guide(
        means="A little more than one request of a hundred is slower than promised, for days.",
        look=(
            f'Which route: `histogram_quantile(0.99, sum by (http_route, le) (rate({_REQUESTS}_bucket{{service="SERVICE"}}[1d])))`.',
            "Where the time goes: in Jaeger, traces of SERVICE by duration; every request over the p99 is kept.",
            _SINCE,
        ),
        mend=(
            "Mend the slowest route: an index, fewer statements, fewer calls one after the other.",
            "If it cannot be quicker at this price, renegotiate `slo.p99` in `architecture.yaml` and generate again.",
        ),
        sure=_BUDGET_SURE,
        about=_calls,
    ),
    "RequestsFail": Guide(
        means="The model promises that no request fails (`slo.availability: 100`). A promise of 100 % has no budget.",
        look=(_BY_ROUTE, _NEIGHBOURS, _READY, _STORY),
        mend=(
            _ROLL_BACK,
            "Promise what can be kept: `validate` reports `perfect-slo`. With 99.9 there is a budget, and alerts on how fast it is spent.",
        ),
        sure="The alert ends five minutes after the last failure.",
        about=_calls,
    ),
    "ServiceDown": Guide(
        means="Prometheus reaches no process of the service. Nobody can use it; what it publishes waits in its outbox, what it hears "
        "waits in its queue. Nothing is lost while it is away.",
        look=(
            "Does it run? `docker compose ps`, or `kubectl get pods -l app.kubernetes.io/name=SERVICE`.",
            "Why did it stop? The last lines of its log: `docker compose logs --tail=50 CONTAINER`. `service.failed` says what it lacked.",
            (
                "Does it answer by itself? `curl ADDRESS/health/live`. If it does, Prometheus asks at the wrong place: "
                "see its page Status > Targets, and `observability/prometheus/`."
            ),
        ),
        mend=(
            "Start it: `docker compose up -d CONTAINER`. It brings its own database up to date first.",
            "If it stops again at once after a release, roll that release back.",
            "If it was killed for its memory, give it more, then find out what holds it.",
        ),
        sure='`sum by (service) (up{service="SERVICE"})` is above 0, and `/health/ready` answers 200. Then `outbox_lag_seconds` falls.',
    ),
    "InstanceDown": Guide(
        means="One process of the service does not answer for ten minutes; others do.",
        look=(
            'Which one: `up{service="SERVICE"} == 0` names its `instance`.',
            "Its log, or `kubectl describe pod`: does it restart again and again, and why?",
        ),
        mend=("Start it again, or let the platform put it on another machine.", "If it is one that is no more, remove its target."),
        sure='`min by (service) (up{service="SERVICE"})` is 1.',
    ),
    "ProcessorSaturated": Guide(
        means="A process uses a whole processor. It handles requests in one thread, so they queue behind each other.",
        look=(
            'Is it traffic? `sum by (http_route) (rate(http_server_request_duration_seconds_count{service="SERVICE"}[5m]))`.',
            'Is it events? `sum by (event) (rate(events_consumed_total{service="SERVICE"}[5m]))`.',
            _SINCE,
        ),
        mend=(_MORE, "If one route or one event is most of it, make that cheaper."),
        sure='`max by (service) (rate(process_cpu_seconds_total{service="SERVICE"}[5m]))` stays below 0.7.',
    ),
    "FileDescriptorsRunOut": Guide(
        means="A process has nearly as many files and sockets open as it may. At the limit it can neither accept nor open a connection.",
        look=(
            'Does it grow without end? `process_open_fds{service="SERVICE"}` over a day: a slope that never falls is a leak.',
            "Which? `ls -l /proc/1/fd` in its container.",
        ),
        mend=("Restart the process to gain time.", "Mend what does not close its connections, or raise the limit if they are all needed."),
        sure='`process_open_fds{service="SERVICE"} / process_max_fds{service="SERVICE"}` stays level.',
    ),
    "EventLoopBlocked": Guide(
        means="Something computes for so long in one go that every request of the process waits for it, health checks too.",
        look=(
            'Garbage collection? `sum by (kind) (rate(nodejs_gc_duration_seconds_sum{service="SERVICE"}[5m]))`.',
            'Its heap: `nodejs_heap_size_used_bytes{service="SERVICE"}` against `nodejs_heap_size_total_bytes`.',
            "Else a profile of a process: `node --cpu-prof`; look for work on large lists or bodies, often in `*.rules.ts`.",
        ),
        mend=("Do such work in parts, or in a worker.", _MORE),
        sure='`max by (service) (nodejs_eventloop_lag_p99_seconds{service="SERVICE"})` stays below 0.1.',
    ),
}
