"""Whether a failing neighbour stays the neighbour's problem."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.dependency import Fallback
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule

MOST_ATTEMPTS = 10
MOST_COUNTED = 1_000_000


@rule("missing-timeout", Severity.ERROR)
def missing_timeout(analysis: Analysis) -> Iterator[Violation]:
    """A dependency has no timeout.

    Why: a neighbour that hangs takes every waiting thread and then the caller down.
    Fix: set timeout, a little above the callee's p99.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Timeouts
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if not dependency.timeout:
            yield Violation(f"{call.at}/timeout", f"{caller} may wait for {dependency.to} for ever")


@rule("missing-circuit-breaker", Severity.WARNING)
def missing_circuit_breaker(analysis: Analysis) -> Iterator[Violation]:
    """A dependency has no circuit breaker.

    Why: calls to a neighbour that is down keep failing slowly and hinder its recovery.
    Fix: set circuitBreaker.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Circuit Breaker
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if dependency.circuit_breaker is None:
            yield Violation(f"{call.at}/circuitBreaker", f"{caller} keeps calling {dependency.to} when it is down")


@rule("unguarded-retry", Severity.INFO)
def unguarded_retry(analysis: Analysis) -> Iterator[Violation]:
    """A dependency is retried without a circuit breaker.

    Why: retries multiply the load on a neighbour that is already failing.
    Fix: set circuitBreaker beside retries.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Circuit Breaker
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if dependency.retries is not None and dependency.circuit_breaker is None:
            yield Violation(f"{call.at}/retries", f"{caller} retries {dependency.to} without a circuit breaker")


@rule("timeout-beyond-caller", Severity.WARNING)
def timeout_beyond_caller(analysis: Analysis) -> Iterator[Violation]:
    """A service may wait longer than its caller waits for it.

    Why: the caller has given up while work goes on that nobody wants.
    Fix: shorten the inner timeout and retries, or lengthen the outer timeout.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 22: Deadline propagation
    """
    worst = [max((call.patience or 0 for call in calls), default=0) for calls in analysis.calls]
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if call.callee is not None and dependency.timeout and worst[call.callee] > dependency.timeout:
            inner = worst[call.callee]
            yield Violation(
                f"{call.at}/timeout", f"{caller} waits {dependency.timeout} ms for {dependency.to}, which may itself wait {inner} ms"
            )


@rule("retry-amplification", Severity.WARNING)
def retry_amplification(analysis: Analysis) -> Iterator[Violation]:
    """Retries multiply along a chain of calls.

    Why: one request becomes many at the end of the chain exactly when that is failing.
    Fix: retry at one level only.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 22
    """
    load = [1] * len(analysis.architecture.services)
    for index in analysis.callees_first:
        tries = (call.attempts * (1 if call.callee is None else load[call.callee]) for call in analysis.onward(index))
        load[index] = min(max(tries, default=1), MOST_COUNTED)
    for index, calls in enumerate(analysis.calls):
        if load[index] > MOST_ATTEMPTS and analysis.is_entry(index) and len(calls) > 0:
            onward = analysis.onward(index)
            worst = max(onward, key=lambda call: call.attempts * (1 if call.callee is None else load[call.callee]))
            yield Violation(worst.at, f"one request may become {load[index]} or more at the end of the chain through {worst.dependency.to}")


@rule("retry-of-non-idempotent", Severity.ERROR)
def retry_of_non_idempotent(analysis: Analysis) -> Iterator[Violation]:
    """An operation that is not idempotent is retried.

    Why: a retry after a lost answer acts twice.
    Fix: make the operation idempotent, or do not retry it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 12
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if dependency.retries is None or call.attempts == 1 or call.callee is None:
            continue
        target = analysis.architecture.services[call.callee]
        for name in dependency.operations:
            endpoint = target.endpoint(name)
            if endpoint is not None and not endpoint.idempotent:
                yield Violation(f"{call.at}/retries", f"{caller} retries {name} of {dependency.to}, which is not idempotent")


@rule("external-without-fallback", Severity.WARNING)
def external_without_fallback(analysis: Analysis) -> Iterator[Violation]:
    """A critical external system has no fallback.

    Why: its outage is ours, and we cannot mend it.
    Fix: set fallback: degrade or cache, or accept the risk with its reason.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 4: Integration Points
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if call.callee is None and call.is_hard:
            yield Violation(call.at, f"{caller} fails whenever {dependency.to} does")


@rule("missing-bulkhead", Severity.INFO)
def missing_bulkhead(analysis: Analysis) -> Iterator[Violation]:
    """A service with several dependencies does not bound its calls to one.

    Why: one slow neighbour can take all connections from the others.
    Fix: set bulkhead.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Bulkheads
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if dependency.bulkhead is None and len(analysis.calls[call.caller]) > 2:
            yield Violation(call.at, f"{caller} does not bound its calls to {dependency.to}")


@rule("optional-dependency-fails", Severity.INFO)
def optional_dependency_fails(analysis: Analysis) -> Iterator[Violation]:
    """A dependency that is not critical has no fallback.

    Why: the request still fails with it, so it is critical after all.
    Fix: set fallback: degrade or cache.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if not dependency.critical and dependency.fallback is Fallback.FAIL:
            yield Violation(call.at, f"{caller} calls {dependency.to} not critical, but fails with it")


@rule("hasty-circuit-breaker", Severity.WARNING)
def hasty_circuit_breaker(analysis: Analysis) -> Iterator[Violation]:
    """A circuit breaker resets before one call times out.

    Why: it probes again before the last failure is even known.
    Fix: raise reset above the timeout.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Circuit Breaker
    """
    for call in analysis.all_calls:
        dependency, caller = call.dependency, analysis.architecture.services[call.caller].name
        if dependency.circuit_breaker is not None and dependency.timeout and dependency.circuit_breaker.reset < dependency.timeout:
            yield Violation(f"{call.at}/circuitBreaker/reset", f"{caller} probes {dependency.to} again before a call times out")
