"""Whether promises of being up add up."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.service import Exposure
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("availability-promise-exceeded", Severity.WARNING)
def availability_promise_exceeded(analysis: Analysis) -> Iterator[Violation]:
    """A service promises more than its critical dependencies allow.

    Why: their failures multiply into its own.
    Fix: make a dependency non-critical with a fallback, or promise less.
    Source: Treynor et al., The Calculus of Service Availability (ACM Queue, 2017)
    """
    services = analysis.architecture.services
    expected = [service.slo.availability / 100 for service in services]
    for index in analysis.callees_first:
        chain = 1.0
        for call in analysis.onward(index):
            if call.is_hard:
                external = None if call.callee is not None else analysis.architecture.externals_by_name[call.dependency.to]
                percent = 100.0 if external is None or external.availability is None else external.availability
                chain *= percent / 100 if call.callee is None else expected[call.callee]
        if chain < services[index].slo.availability / 100 - 1e-9:
            message = (
                f"{services[index].name} promises {services[index].slo.availability} %; its critical dependencies allow {chain * 100:.3f} %"
            )
            yield Violation(f"/services/{index}/slo/availability", message)
        expected[index] = min(expected[index], chain)


@rule("availability-requirement-missed", Severity.WARNING)
def availability_requirement_missed(analysis: Analysis) -> Iterator[Violation]:
    """A public service promises less than the system requires.

    Why: users meet the service, not the average.
    Fix: raise slo.availability and what carries it, or renegotiate requirements.availability.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 4
    """
    required = analysis.architecture.system.requirements.availability
    for index, service in enumerate(analysis.architecture.services):
        if required is not None and service.exposure is Exposure.PUBLIC and service.slo.availability < required:
            message = f"{service.name} promises {service.slo.availability} %, the system requires {required} %"
            yield Violation(f"/services/{index}/slo/availability", message)


@rule("single-replica", Severity.WARNING)
def single_replica(analysis: Analysis) -> Iterator[Violation]:
    """A service promises more than 99 % with one replica.

    Why: every deployment and every crash is an outage.
    Fix: run at least 2 replicas.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        if service.replicas == 1 and service.slo.availability > 99:
            yield Violation(f"/services/{index}/replicas", f"{service.name} promises {service.slo.availability} % with one replica")


@rule("perfect-slo", Severity.WARNING)
def perfect_slo(analysis: Analysis) -> Iterator[Violation]:
    """A service promises 100 % availability.

    Why: there is no error budget left for any change, and users cannot tell the difference.
    Fix: promise what users need, such as 99.9.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        if service.slo.availability == 100:
            yield Violation(f"/services/{index}/slo/availability", f"{service.name} promises 100 %")
