"""Runbooks of sagas, of calls to others, of answers and views, and of those who watch."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.model.system import Language
from microservices_skill.monitoring.guide import Guide
from microservices_skill.monitoring.watched import Watched

_RUN = "Its history: `GET /sagas/ID` names each step, its outcome and its reason (scope `sagas:read`)."


def _sagas(each: Watched) -> Sequence[str]:
    return tuple(
        f"{each.name} coordinates {saga.name}, which decides on a {saga.entity} with {', '.join(saga.participants)} "
        f"within {saga.timeout_s} s; see `docs/diagrams`."
        for saga in each.sagas
    )


def _dependencies(each: Watched) -> Sequence[str]:
    return tuple(
        f"{each.name} calls {dependency.to}: "
        f"{'requests that need it fail' if dependency.critical else 'it goes on without'}; fallback: {dependency.fallback}."
        for dependency in each.service.dependencies
    )


def _compositions(each: Watched) -> Sequence[str]:
    return tuple(
        f"{composition.name} of {each.name}: {part.name} comes from {part.service}, `{part.operation}`"
        f"{', and without it there is no answer' if part.required else ''}."
        for composition in each.service.compositions
        for part in composition.parts
    )


def _views(each: Watched) -> Sequence[str]:
    is_node = each.service.language is Language.TYPESCRIPT
    command = "npm run rebuild" if is_node else f"python -m {each.service.package}.rebuild"
    return tuple(
        f"{view.name} of {each.name} is fed by {', '.join(dict.fromkeys(source.event for source in view.sources))}; "
        f"built anew by `{command} {view.name}`."
        for view in each.service.views
    )


SAGA_GUIDES = {
    "SagaStuck": Guide(
        means="A run can neither go on nor be taken back: a step after its pivot is refused or unanswered, or a compensation is. "
        "Its entity stays pending, a semantic lock that only an operator can end.",
        look=("Which runs: `GET /sagas?state=stuck`.", _RUN, "Across services: `microservices-skill trace ID`, or the trace in Jaeger."),
        mend=(
            "Mend what refused or did not answer: the history says which step, in which service.",
            "`POST /sagas/ID/retry` (scope `sagas:operate`) sets it going again, in the direction that it had.",
            "`POST /sagas/ID/abort` with a `reason` turns a run around that has not passed its pivot.",
            "Never change its rows by hand: the participants would not know.",
        ),
        sure='`max by (saga) (saga_runs{state="stuck"})` is 0; `GET /sagas/ID` says `completed` or `compensated`.',
        about=_sagas,
    ),
    "SagaDoesNotEnd": Guide(
        means="Runs are open, and for longer than one may take none has come to an end.",
        look=(
            "Which: `GET /sagas?state=running` and `GET /sagas?state=compensating`, oldest last.",
            _RUN,
            "Does the coordinator look after them? `docker compose logs CONTAINER | grep saga` (`saga.sweep_failed`).",
            "Do commands and replies travel? `outbox_lag_seconds`, and the queues of the participants.",
        ),
        mend=(
            "Bring back the participant that does not answer, or the broker: runs go on by themselves.",
            "If the coordinator does not sweep, its database is away or its clock is wrong.",
        ),
        sure='`sum by (saga) (increase(saga_changes_total{state=~"completed|compensated"}[15m]))` is above 0.',
        about=_sagas,
    ),
    "SagasTakenBack": Guide(
        means="More than half of the runs are compensated. Each is dealt with correctly; what users wanted did not happen.",
        look=(
            "Which step refuses: `sum by (step, outcome) (rate(saga_steps_total[15m]))`.",
            "Why: `GET /sagas?state=compensated`, then the `reason` in `GET /sagas/ID`.",
        ),
        mend=(
            "If a participant refuses rightly (nothing in stock, a card declined), it is business, and its owner should know.",
            "If steps time out, mend the participant's speed, or give the step more time in the model.",
        ),
        sure="Most runs complete again.",
        about=_sagas,
    ),
}

ANSWER_GUIDES = {
    "CircuitBreakerOpen": Guide(
        means="Calls failed so often that they are refused at once, which spares the neighbour and our own requests. Every now and "
        "then one call goes through to try.",
        look=(
            'Since when: `circuit_breaker_open{service="SERVICE"}`. What failed: `docker compose logs CONTAINER | grep dependency.called`.',
            "Is the neighbour up? If it is ours, look at its own dashboard; if not, at its status page.",
            "Does only this service fail to reach it? Then it is the network, a token or an address (`*_URL`).",
        ),
        mend=("Mend the neighbour. The breaker closes by itself with the first call that succeeds.", "Do not restart to close it."),
        sure='`max by (dependency) (circuit_breaker_open{service="SERVICE"})` is 0.',
        about=_dependencies,
    ),
    "DependencyFails": Guide(
        means="A large part of the calls to a neighbour fails: it does not answer in time, cannot be reached, or answers with a 5xx.",
        look=(
            'How many: `sum by (dependency, outcome) (rate(dependency_calls_total{service="SERVICE"}[5m]))`.',
            "How: `docker compose logs CONTAINER | grep dependency.called` has `status` and `duration_ms`; no status is no answer.",
            "In Jaeger, the client spans of SERVICE with an error.",
        ),
        mend=(
            "Mend the neighbour.",
            "If it is only slower than `timeout` in the model, and is meant to be, raise that and generate again.",
        ),
        sure="The part of failed calls is below a hundredth.",
        about=_dependencies,
    ),
    "AnswersIncomplete": Guide(
        means="Answers are put together from those of others, and a part is missing for a reason that somebody can mend.",
        look=(
            'Which part, and why: `sum by (composition, part, reason) (rate(composition_parts_missing_total{service="SERVICE"}[5m]))`.',
            (
                "`refused`: our token lacks a scope, or its limits are too low for us. `timeout`: it is slower than the budget. "
                "`unavailable`: it cannot be reached or fails. `invalid`: it answers what it has not promised."
            ),
        ),
        mend=("Mend the service that the part comes from.", "If it is healthy and slow, raise `budget` of the composition, or its limits."),
        sure="The answers' `incomplete` is empty again.",
        about=_compositions,
    ),
    "ViewBehind": Guide(
        means="The newest rows of a view show what was true more than half a minute ago.",
        look=(
            "Do publishers tell in time? `max by (service) (outbox_lag_seconds)`.",
            "Does SERVICE handle in time? The messages of its queue: `rabbitmqctl list_queues name messages consumers`.",
            "Does it retry? `docker compose logs CONTAINER | grep event.retry`.",
        ),
        mend=(
            "Mend what is slow; the view catches up by itself.",
            "If events were lost or dead-lettered for good, build the view anew: it is read meanwhile.",
        ),
        sure='`histogram_quantile(0.99, sum by (view, le) (rate(view_lag_seconds_bucket{service="SERVICE"}[10m])))` is below 5.',
        about=_views,
    ),
}

WATCHER_GUIDES = {
    "RulesFail": Guide(
        means="Prometheus cannot evaluate a rule: the alerts of its group do not fire.",
        look=("Its page Status > Rules shows the error.", "`promtool check rules observability/prometheus/rules/*.yaml`."),
        mend=("Mend the rule. Those that are generated pass `promtool test rules observability/prometheus/tests/*.yaml`.",),
        sure="`increase(prometheus_rule_evaluation_failures_total[15m])` is 0.",
    ),
    "AlertsNotDelivered": Guide(
        means="Prometheus cannot hand its alerts to Alertmanager. Whoever should be called is not.",
        look=("`docker compose ps alertmanager` and its log.", "`amtool check-config observability/alertmanager.yaml`."),
        mend=("Start it, or mend its configuration.", "Until then look at the page Alerts of Prometheus."),
        sure="`rate(prometheus_notifications_errors_total[15m])` is 0.",
    ),
    "TracesLost": Guide(
        means="The collector cannot hand spans on to Jaeger in time and drops them. Services do not notice.",
        look=(
            "`docker compose ps jaeger`, and the log of `otel-collector`.",
            "`otelcol_exporter_queue_size` near its capacity is too slow.",
        ),
        mend=("Start Jaeger, or give it more room.", "If there are too many traces, lower the part of the rest that is kept."),
        sure="`rate(otelcol_exporter_send_failed_spans_total[15m])` is 0.",
    ),
}
