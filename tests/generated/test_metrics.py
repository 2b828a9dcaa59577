"""What rules and dashboards ask for is what running services tell, in both languages: every metric, every label, every value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from tests.generated.architectures import LANGUAGES, in_language, own_name, read_case
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.systems import deployed_system
from tests.generated.target import Target
from tests.monitoring.samples import rendered

from microservices_skill.files import FileTree
from microservices_skill.model.service import Action
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

CASES = ("orders", "choreographed", "views", "composition")
"""Together they have one of everything: sagas of both styles, views, a composition, dependencies, lifecycles."""

ELSEWHERE = {
    "rabbitmq_": "the broker's own plugin tells it",
    "prometheus_": "Prometheus tells it of itself",
    "otelcol_": "the collector tells it of itself",
    "up": "Prometheus makes it of each scrape",
    "ALERTS": "Prometheus makes it of each alert",
    "service:": "a rule records it",
}
TARGETS = {"service", "instance", "job"}
"""Labels that Prometheus gives to a target."""

ALWAYS_POSSIBLE = {"http_response_status_code", "http_request_method"}
"""Labels whose values depend on what was asked: here only some are."""

_WORDS = {"or", "and", "unless", "by", "on", "offset", "bool"}


@dataclass(frozen=True)
class Selector:
    """A metric with the matchers that a query has for it, and the labels that the query groups by."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    grouped: frozenset[str]


def selectors(expr: str) -> Iterator[Selector]:
    """The metrics of a query."""
    grouped = frozenset(label.strip() for found in re.findall(r"\bby \(([^)]*)\)", expr) for label in found.split(","))
    bare = re.sub(r"\b(by|on) \([^)]*\)|\[(\d+[smhd]|\$__rate_interval)\]|offset \w+", " ", expr)
    for match in re.finditer(r"([a-zA-Z_:][\w:]*)(\{[^}]*\})?(?!\w|\s*\()", re.sub(r"\b\d[\w.]*", " ", bare) if "{" not in bare else bare):
        name, found = match[1], match[2] or ""
        if name not in _WORDS and not any(name.startswith(prefix) for prefix in ELSEWHERE):
            yield Selector(name, tuple(re.findall(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"', found)), grouped)


def samples(text: str) -> list[tuple[str, dict[str, str]]]:
    """What a service tells: names and labels."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    found = (re.match(r"([\w:]+)(?:\{(.*)\})? ", line) for line in lines)
    return [(each[1], dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', each[2] or ""))) for each in found if each is not None]


def is_told(selector: Selector, told: list[tuple[str, dict[str, str]]]) -> bool:
    """Whether some sample is one of those that a query is about."""
    return any(name == selector.metric and _fits(selector, labels) for name, labels in told)


def _fits(selector: Selector, labels: Mapping[str, str]) -> bool:
    if not selector.grouped - TARGETS <= labels.keys():
        return False
    for name, operator, value in selector.matchers:
        if name in TARGETS:
            continue
        if name not in labels:
            return False
        is_equal = re.fullmatch(value, labels[name]) is not None if "~" in operator else labels[name] == value
        if name not in ALWAYS_POSSIBLE and is_equal == operator.startswith("!"):
            return False
    return True


def rules(tree: FileTree, service: str) -> Iterator[tuple[str, str]]:
    """The queries of a service's rules, and where each stands."""
    for group in yaml.safe_load(tree[f"observability/prometheus/rules/{service}.yaml"].text)["groups"]:
        yield from ((each["expr"], str(each.get("alert", each.get("record")))) for each in group["rules"])


def panels(tree: FileTree) -> Iterator[tuple[str, str]]:
    """The queries of all dashboards, and where each stands."""
    for path, file in tree.items():
        if path.startswith("observability/grafana/dashboards/"):
            for panel in json.loads(file.text)["panels"]:
                yield from ((target["expr"], f"{path}: {panel['title']}") for target in panel.get("targets", []))


def asked_of(tree: FileTree, service: str) -> list[tuple[str, str]]:
    """The queries about one service."""
    return [*rules(tree, service), *(each for each in panels(tree) if f'service="{service}"' in each[0])]


def asked_of_all(tree: FileTree) -> list[tuple[str, str]]:
    """The queries about no service in particular: some service must have an answer."""
    return [each for each in panels(tree) if 'service="' not in each[0]]


def untold(asked: Iterable[tuple[str, str]], told: list[tuple[str, dict[str, str]]]) -> list[str]:
    """What is asked for and never told."""
    return [f"{where}: {each.metric} of {expr}" for expr, where in asked for each in selectors(expr) if not is_told(each, told)]


def call_everything(target: Target) -> None:
    """Call each operation once, mostly in vain: it is counted all the same."""
    for each in target.operations:
        path = re.sub(r"\{[^}]+\}", str(uuid4()), each.path)
        target.caller().change(each.method, path, None if each.method == "GET" else {})
    if any(each.action is Action.CREATE for each in target.operations):
        target.create(target.creation)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_every_metric_that_is_asked_for_is_told(
    case: str, language: Language, toolchains: Toolchains, issuer: Issuer, tmp_path: Path
) -> None:
    architecture = in_language(read_case(case, system=own_name(case)), language)
    tree = rendered(architecture)
    told: list[tuple[str, dict[str, str]]] = []
    with deployed_system(architecture, toolchains, issuer, tmp_path) as found:
        for name, target in found.items():
            call_everything(target)
            own = samples(target.running.call("GET", "/metrics").text)
            assert untold(asked_of(tree, name), own) == []
            assert not [labels for _, labels in own if labels.get("http_route", "").startswith(("/health", "/metrics"))]
            told += own
    assert untold(asked_of_all(tree), told) == []
    asked = {each.metric for name in found for expr, _ in asked_of(tree, name) for each in selectors(expr)}
    assert asked >= {"http_server_request_duration_seconds_bucket", "process_cpu_seconds_total"}


def test_a_metric_that_nobody_tells_would_be_found() -> None:
    told = samples('events_published_total{event="a.B.v1",outcome="failed"} 0\nnodejs_heap 3\n')
    [known] = selectors('sum by (event) (increase(events_published_total{service="x",outcome="failed"}[5m])) > 0')
    assert is_told(known, told)
    for expr in (
        'rate(events_publish_total{service="x"}[5m])',
        'rate(events_published_total{service="x",result="failed"}[5m])',
        'rate(events_published_total{service="x",outcome="refused"}[5m])',
        'sum by (kind) (rate(events_published_total{service="x"}[5m]))',
    ):
        [unknown] = selectors(expr)
        assert not is_told(unknown, told), expr
    assert [each.metric for each in selectors("histogram_quantile(0.99, sum by (le) (rate(view_lag_seconds_bucket[5m])))")] == [
        "view_lag_seconds_bucket"
    ]
