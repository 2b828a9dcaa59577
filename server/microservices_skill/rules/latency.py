"""Whether promises of speed add up."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.service import Exposure
from microservices_skill.rules.analysis import Analysis, Call
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule

LONGEST_COUNTED = 1_000_000_000


@rule("latency-promise-exceeded", Severity.WARNING)
def latency_promise_exceeded(analysis: Analysis) -> Iterator[Violation]:
    """A service's critical calls take longer than it promises to.

    Why: p99s of calls made one after another add up; the promise is broken every day. Those of compositions have a budget instead.
    Fix: call less, in parallel or asynchronously, or promise a larger p99.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 4
    """
    for index, service in enumerate(analysis.architecture.services):
        total = sum(_p99(analysis, call) for call in analysis.calls[index] if call.is_hard and not analysis.is_composed(call))
        if total > service.slo.p99:
            yield Violation(
                f"/services/{index}/slo/p99", f"{service.name} promises {service.slo.p99} ms; its critical calls take {total} ms in turn"
            )


@rule("latency-requirement-missed", Severity.WARNING)
def latency_requirement_missed(analysis: Analysis) -> Iterator[Violation]:
    """A public service's chain of calls is slower than the system's requirement.

    Why: users wait longer than was agreed.
    Fix: shorten the chain, answer from local data, or renegotiate requirements.latencyP99.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 4
    """
    required = analysis.architecture.system.requirements.latency_p99
    chain = [0] * len(analysis.architecture.services)
    for index in analysis.callees_first:
        service = analysis.architecture.services[index]
        onward = [call for call in analysis.onward(index) if call.is_hard and not analysis.is_composed(call)]
        called = sum(_p99(analysis, call) if call.callee is None else chain[call.callee] for call in onward)
        longest = max((composition.budget for composition in service.compositions), default=0)
        chain[index] = min(max(service.slo.p99, called, longest), LONGEST_COUNTED)
    for index, service in enumerate(analysis.architecture.services):
        if required is not None and service.exposure is Exposure.PUBLIC and chain[index] > required:
            yield Violation(
                f"/services/{index}/slo/p99", f"{service.name} may take {chain[index]} ms; the system must answer in {required} ms"
            )


@rule("endpoint-slower-than-service", Severity.INFO)
def endpoint_slower_than_service(analysis: Analysis) -> Iterator[Violation]:
    """An endpoint promises less than its service.

    Why: two promises contradict each other.
    Fix: give the endpoint a p99 within the service's, or raise the service's.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 4
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            if endpoint.p99 is not None and endpoint.p99 > service.slo.p99:
                yield Violation(
                    f"/services/{index}/endpoints/{place}/p99",
                    f"{endpoint.operation} promises {endpoint.p99} ms, {service.name} {service.slo.p99}",
                )


def _p99(analysis: Analysis, call: Call) -> int:
    if call.callee is not None:
        return analysis.architecture.services[call.callee].slo.p99
    return analysis.architecture.externals_by_name[call.dependency.to].p99 or 0
