"""The rules of each service and of the platform, and the tests that promtool runs on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.files import File, FileTree
from microservices_skill.monitoring.alert import Alert
from microservices_skill.monitoring.alerts_answers import of_answers
from microservices_skill.monitoring.alerts_events import of_events
from microservices_skill.monitoring.alerts_process import of_process
from microservices_skill.monitoring.alerts_sagas import of_sagas
from microservices_skill.monitoring.blocks import Block, blocks, texts, yaml_file
from microservices_skill.monitoring.promises import burning, recordings
from microservices_skill.monitoring.watched import Watched

PLATFORM = "platform"
"""The rules of no service: no service can have this name."""

_ABOUT = """\
how {subject} is judged. Severity `page` wakes somebody up, `ticket` waits for the morning.
Each alert names a page in docs/runbooks; ../tests/{name}.yaml proves that it fires and that it does not."""
_ABOUT_TEST = """\
samples on which each alert of {subject} must fire, and others on which it must not.
  promtool test rules observability/prometheus/tests/*.yaml"""


def alerts_of(each: Watched) -> tuple[Alert, ...]:
    """Every alert of a service."""
    return (*burning(each), *of_process(each), *of_events(each), *of_sagas(each), *of_answers(each))


def rule_files(services: Sequence[Watched], platform: Sequence[Alert]) -> FileTree:
    """A file of rules and one of tests for each service, and for the platform."""
    return FileTree([*(pair for each in services for pair in _of_service(each)), *_of_platform(platform)])


def _of_service(each: Watched) -> Iterator[tuple[str, File]]:
    alerts = alerts_of(each)
    groups: list[Block] = [
        {"name": f"{each.name}.promises", "rules": blocks(*recordings(each))},
        {"name": f"{each.name}.alerts", "rules": blocks(*(alert.rule() for alert in alerts))},
    ]
    yield from _pair(each.name, each.name, groups, alerts)


def _of_platform(alerts: Sequence[Alert]) -> Iterator[tuple[str, File]]:
    if alerts:
        groups: list[Block] = [{"name": f"{PLATFORM}.alerts", "rules": blocks(*(alert.rule() for alert in alerts))}]
        yield from _pair(PLATFORM, "the broker and of those who watch", groups, alerts)


def _pair(name: str, subject: str, groups: list[Block], alerts: Sequence[Alert]) -> Iterator[tuple[str, File]]:
    yield f"rules/{name}.yaml", yaml_file({"groups": blocks(*groups)}, _ABOUT.format(subject=subject, name=name))
    tests: Block = {
        "rule_files": texts(f"../rules/{name}.yaml"),
        "evaluation_interval": "1m",
        "tests": blocks(*(test for alert in alerts for test in alert.tests())),
    }
    yield f"tests/{name}.yaml", yaml_file(tests, _ABOUT_TEST.format(subject=subject))
