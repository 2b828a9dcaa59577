"""Whether people can see what runs."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.system import LogFormat, Metrics, Tracing
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("no-tracing", Severity.WARNING)
def no_tracing(analysis: Analysis) -> Iterator[Violation]:
    """There is no distributed tracing.

    Why: a slow or failed request cannot be followed across services.
    Fix: set tracing: opentelemetry.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 11: Distributed tracing
    """
    if analysis.architecture.system.platform.observability.tracing is Tracing.NONE:
        yield Violation("/system/platform/observability/tracing", "requests are not traced")
    for index, service in enumerate(analysis.architecture.services):
        if service.tracing is Tracing.NONE:
            yield Violation(f"/services/{index}/tracing", f"requests through {service.name} are not traced")


@rule("unstructured-logging", Severity.ERROR)
def unstructured_logging(analysis: Analysis) -> Iterator[Violation]:
    """There is no structured JSON logging.

    Why: text logs of many services cannot be searched or joined by request.
    Fix: set logging: json.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 10: Log aggregation
    """
    if analysis.architecture.system.platform.observability.logging is not LogFormat.JSON:
        yield Violation("/system/platform/observability/logging", "the platform logs plain text")
    for index, service in enumerate(analysis.architecture.services):
        if service.logging not in (None, LogFormat.JSON):
            yield Violation(f"/services/{index}/logging", f"{service.name} logs plain text")


@rule("no-metrics", Severity.WARNING)
def no_metrics(analysis: Analysis) -> Iterator[Violation]:
    """Services are not measured.

    Why: neither an SLO nor an alert can be computed.
    Fix: set metrics: prometheus.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 6
    """
    if analysis.architecture.system.platform.observability.metrics is Metrics.NONE:
        yield Violation("/system/platform/observability/metrics", "no service reports metrics")


@rule("missing-liveness", Severity.WARNING)
def missing_liveness(analysis: Analysis) -> Iterator[Violation]:
    """A service has no liveness probe.

    Why: a hung process is never restarted.
    Fix: set health.liveness: true.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 11: Health check API
    """
    for index, service in enumerate(analysis.architecture.services):
        if not service.health.liveness:
            yield Violation(f"/services/{index}/health/liveness", f"{service.name} has no liveness probe")


@rule("missing-readiness", Severity.WARNING)
def missing_readiness(analysis: Analysis) -> Iterator[Violation]:
    """A service has no readiness probe.

    Why: it gets requests before it can serve them.
    Fix: set health.readiness: true.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 11: Health check API
    """
    for index, service in enumerate(analysis.architecture.services):
        if not service.health.readiness:
            yield Violation(f"/services/{index}/health/readiness", f"{service.name} has no readiness probe")
