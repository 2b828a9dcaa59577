"""An alert with what proves it: series of samples on which it must fire, and others on which it must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from microservices_skill.model.naming import kebab
from microservices_skill.monitoring.blocks import Block, blocks, labels

RUNBOOKS = "docs/runbooks"


class Severity(StrEnum):
    """Whether somebody is woken, or finds it in the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Case:
    """Samples, a moment, and what fires then: the labels that the rule does not set itself, and other alerts of the same name."""

    about: str
    series: Mapping[str, str]
    at: str
    fires: tuple[Mapping[str, str], ...] = ()
    others: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """An alerting rule. ``lasts`` is how long it must hold; ``cases`` prove it."""

    name: str
    severity: Severity
    service: str
    owner: str
    expr: str
    summary: str
    description: str
    lasts: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()

    @property
    def runbook(self) -> str:
        """The page that says what to do."""
        return f"{RUNBOOKS}/{kebab(self.name)}.md"

    @property
    def own_labels(self) -> dict[str, str]:
        """The labels that the rule sets."""
        return {"severity": self.severity.value, "service": self.service, "owner": self.owner, **self.labels}

    def rule(self) -> Block:
        """The rule as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            **({"for": self.lasts} if self.lasts else {}),
            "labels": labels(self.own_labels),
            "annotations": labels(self._annotations({})),
        }

    def firing(self, found: Mapping[str, str]) -> Block:
        """The alert as a test expects it, with the labels that the samples give it."""
        return {"exp_labels": labels({**found, **self.own_labels}), "exp_annotations": labels(self._annotations(found))}

    def tests(self) -> list[Block]:
        """Its cases as promtool reads them."""
        return [self._test(each) for each in self.cases]

    def _test(self, case: Case) -> Block:
        expected = [*(self.firing(each) for each in case.fires), *(each.firing({}) for each in case.others)]
        samples: list[Block] = [{"series": name, "values": values} for name, values in case.series.items()]
        asked: Block = {"eval_time": case.at, "alertname": self.name}
        return {
            "name": f"{self.name}: {case.about}",
            "interval": "1m",
            "input_series": blocks(*samples),
            "alert_rule_test": [asked | {"exp_alerts": blocks(*expected)}],
        }

    def _annotations(self, found: Mapping[str, str]) -> dict[str, str]:
        said = {"summary": self.summary, "description": self.description}
        for name, value in found.items():
            said = {key: text.replace(f"{{{{ $labels.{name} }}}}", value) for key, text in said.items()}
        return {**said, "runbook_url": self.runbook}


def label(name: str) -> str:
    """A label's value in an annotation."""
    return f"{{{{ $labels.{name} }}}}"


def steady(value: float, minutes: int = 120) -> str:
    """A gauge that stays, or a counter that nothing adds to."""
    return f"{value:g}+0x{minutes}"


def rising(per_minute: float, minutes: int = 120, start: float = 0) -> str:
    """A counter that grows evenly."""
    return f"{start:g}+{per_minute:g}x{minutes}"


def series(metric: str, **found: str) -> str:
    """A metric with labels, as queries and samples write it."""
    return f"{metric}{{{','.join(f'{name}={quoted(value)}' for name, value in found.items())}}}"


def quoted(text: str) -> str:
    """A text within a query."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
