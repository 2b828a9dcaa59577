"""The promises of a service as rules: how fast it spends its error budgets (Site Reliability Workbook, ch. 5).

A budget is spent for 30 days. An alert fires while both a long window and a short one spend too fast: the long one keeps
it from firing at a blip, the short one ends it soon after the fault has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from microservices_skill.monitoring.alert import Alert, Case, Severity, rising, series
from microservices_skill.monitoring.blocks import Block
from microservices_skill.monitoring.watched import Watched

REQUESTS = "http_server_request_duration_seconds"
FAILED, NOT_FAILED = 'http_response_status_code=~"5.."', 'http_response_status_code!~"5.."'
LATENCY_BUDGET = Decimal("0.01")
"""A 99th percentile may be exceeded by one request of a hundred."""


@dataclass(frozen=True, slots=True)
class Window:
    """How many times too fast, over how long, and as a check over how short a time; what it leads to."""

    factor: Decimal
    long: str
    short: str
    severity: Severity

    def threshold(self, budget: Decimal) -> Decimal:
        """The part of requests that may not be exceeded."""
        return self.factor * budget


WINDOWS = (
    Window(Decimal("14.4"), "1h", "5m", Severity.PAGE),
    Window(Decimal(6), "6h", "30m", Severity.PAGE),
    Window(Decimal(3), "1d", "2h", Severity.TICKET),
    Window(Decimal(1), "3d", "6h", Severity.TICKET),
)
SPANS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

_NAMES = {Severity.PAGE: "BurnsFast", Severity.TICKET: "BurnsSlowly"}


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of requests: the name of its ratio, its budget, what is said of it and how samples break it."""

    name: str
    what: str
    ratio: str
    budget: Decimal
    said: str


def availability(each: Watched) -> Promise:
    """The promise that requests do not fail."""
    said = "of its requests fail with a 5xx"
    return Promise("AvailabilityBudget", "error budget", "service:http_requests_failed:ratio_rate", each.error_budget, said)


def latency(each: Watched) -> Promise:
    """The promise that requests are answered in time."""
    said = f"of its requests take longer than {each.p99_s} s"
    return Promise("LatencyBudget", "latency budget", "service:http_requests_slow:ratio_rate", LATENCY_BUDGET, said)


def bucket(limit_s: str) -> str:
    """The matcher of a bucket: clients spell whole numbers with and without a decimal."""
    return f'le="{limit_s}"' if "." in limit_s else f'le=~"{limit_s}([.]0)?"'


def recordings(each: Watched) -> Iterator[Block]:
    """The ratios of failed and of slow requests over every window."""
    for span in SPANS:
        yield _recording(availability(each), span, _failed(each.name, span))
    for span in SPANS:
        yield _recording(latency(each), span, _slow(each, span))


def burning(each: Watched) -> Iterator[Alert]:
    """The alerts of both promises. Where a budget is so large that a window could never exceed it, that window has none."""
    if each.error_budget > 0:
        yield from _alerts(each, availability(each))
    else:
        yield _any_failure(each)
    yield from _alerts(each, latency(each))


def _recording(promise: Promise, span: str, expr: str) -> Block:
    return {"record": f"{promise.ratio}{span}", "expr": expr}


def _failed(service: str, span: str) -> str:
    every = f'sum by (service) (rate({REQUESTS}_count{{service="{service}"}}[{span}]))'
    failed = f'sum by (service) (rate({REQUESTS}_count{{service="{service}",{FAILED}}}[{span}]))'
    return f"(\n  {failed}\n  or 0 * {every}\n)\n/ ({every} > 0)"


def _slow(each: Watched, span: str) -> str:
    every = f'sum by (service) (rate({REQUESTS}_count{{service="{each.name}",{NOT_FAILED}}}[{span}]))'
    quick = f'sum by (service) (rate({REQUESTS}_bucket{{service="{each.name}",{NOT_FAILED},{bucket(each.p99_s)}}}[{span}]))'
    return f"1 -\n{quick}\n/ ({every} > 0)"


def _alerts(each: Watched, promise: Promise) -> Iterator[Alert]:
    found = {window: _alert(each, promise, window) for window in WINDOWS if window.threshold(promise.budget) < 1}
    for window, alert in found.items():
        yield replace(alert, cases=tuple(_cases(each, promise, found, window)))


def _alert(each: Watched, promise: Promise, window: Window) -> Alert:
    spent = f'{promise.ratio}%s{{service="{each.name}"}} > {window.factor} * {promise.budget:f}'
    return Alert(
        name=f"{promise.name}{_NAMES[window.severity]}",
        severity=window.severity,
        service=each.name,
        owner=each.owner,
        expr=f"{spent % window.long}\nand\n{spent % window.short}",
        summary=f"{each.name} spends its {promise.what} {window.factor} times as fast as it may",
        description=f"Over {window.long} and over {window.short}, more than {_percent(window.threshold(promise.budget))} {promise.said}; "
        f"the promise allows {_percent(promise.budget)}.",
        labels={"window": window.long},
    )


def _percent(part: Decimal) -> str:
    return f"{(part * 100).normalize():f} %"


def _cases(each: Watched, promise: Promise, found: Mapping[Window, Alert], window: Window) -> Iterator[Case]:
    """Just above what a window allows, and below it; for those that page also what is over, and what was too short."""
    budget = promise.budget
    allowed = window.threshold(budget)
    above = (allowed + min([Decimal(1), allowed * 2, *(other.threshold(budget) for other in found if other.factor > window.factor)])) / 2
    others = [alert for other, alert in found.items() if other.severity is window.severity and other.factor < window.factor]
    yield Case(f"above {window.factor} times the budget", _samples(each, promise, [(15, above)]), "10m", ({},), tuple(others))
    windows = [*found]
    if window is windows[-1]:
        yield Case("below the budget", _samples(each, promise, [(15, allowed * Decimal("0.9"))]), "10m")
    if window is windows[0] and window.severity is Severity.PAGE:
        yield Case("the fault has ended", _samples(each, promise, [(60, above), (40, Decimal(0))]), "98m")
        if budget * 100 <= 1:
            yield Case("the fault was short", _samples(each, promise, [(60, Decimal(0)), (3, budget * 100)]), "63m")


def _samples(each: Watched, promise: Promise, phases: list[tuple[int, Decimal]]) -> dict[str, str]:
    """A million requests a minute, of which in each phase a part breaks the promise."""
    bad, total = Decimal(0), Decimal(0)
    broken, every, kept = [], [], []
    for minutes, part in phases:
        step = part * 1_000_000
        broken.append(f"{bad:f}+{step:f}x{minutes}")
        kept.append(f"{total - bad:f}+{1_000_000 - step:f}x{minutes}")
        every.append(f"{total:f}+1000000x{minutes}")
        # the next phase begins a minute later
        bad, total = bad + step * (minutes + 1), total + Decimal(1_000_000) * (minutes + 1)
    common = {"service": each.name, "http_request_method": "GET", "http_route": "/v1/examples"}
    if promise.name.startswith("Availability"):
        return {
            series(f"{REQUESTS}_count", **common, http_response_status_code="200"): " ".join(kept),
            series(f"{REQUESTS}_count", **common, http_response_status_code="503"): " ".join(broken),
        }
    return {
        series(f"{REQUESTS}_count", **common, http_response_status_code="200"): " ".join(every),
        series(f"{REQUESTS}_bucket", **common, http_response_status_code="200", le=each.p99_s): " ".join(kept),
    }


def _any_failure(each: Watched) -> Alert:
    """A promise of 100 % has no budget to spend: any failed request breaks it.

    The first failure of a process makes a new series, which ``increase`` does not see as one.
    """
    failed = f'{REQUESTS}_count{{service="{each.name}",{FAILED}}}'
    common = {"service": each.name, "http_request_method": "GET", "http_route": "/v1/examples"}
    bad, good = (series(f"{REQUESTS}_count", **common, http_response_status_code=status) for status in ("500", "200"))
    return Alert(
        name="RequestsFail",
        severity=Severity.PAGE,
        service=each.name,
        owner=each.owner,
        expr=f"sum by (service) (increase({failed}[5m])) > 0\nor\nsum by (service) ({failed} unless {failed} offset 5m) > 0",
        summary=f"{each.name} promises that no request fails, and some do",
        description="A promise of 100 % has no error budget: a single answer with a 5xx breaks it.",
        cases=(
            Case("the first failure of a process", {bad: "_x10 1+0x10", good: rising(100)}, "12m", ({},)),
            Case("one more failure", {bad: "3+0x10 4+0x10", good: rising(100)}, "12m", ({},)),
            Case("no failure for a while", {bad: "3+0x30", good: rising(100)}, "20m"),
        ),
    )
