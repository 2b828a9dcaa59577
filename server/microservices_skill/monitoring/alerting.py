"""Who is told of an alert: Alertmanager's routes by owner and severity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.files import File
from microservices_skill.monitoring.alert import Severity
from microservices_skill.monitoring.blocks import Block, blocks, texts, yaml_file
from microservices_skill.monitoring.watched import UNOWNED, Watched

_ABOUT = """\
who is told of an alert: a receiver for each team and severity. Say below each receiver how it is reached, such as
  webhook_configs: [{url_file: /run/secrets/team-page}]
with what is secret in a file beside Alertmanager, not in here; the generator keeps what you add."""

_WAITS = {Severity.PAGE: ("30s", "1h"), Severity.TICKET: ("5m", "1d")}
"""How long alerts are gathered before somebody is told, and when they are told again."""


def alerting(services: Sequence[Watched]) -> File:
    """The configuration of Alertmanager."""
    owners = sorted({UNOWNED, *(each.owner for each in services)})
    receivers: list[Block] = [{"name": _receiver(owner, severity)} for owner in owners for severity in Severity]
    configuration: Block = {
        "route": {
            "receiver": _receiver(UNOWNED, Severity.TICKET),
            "group_by": texts("service", "alertname"),
            "routes": blocks(*(route for owner in owners for route in _routes(owner))),
        },
        "inhibit_rules": blocks(*_inhibitions()),
        "receivers": blocks(*receivers),
    }
    return yaml_file(configuration, _ABOUT)


def _routes(owner: str) -> Iterator[Block]:
    for severity, (gathered, again) in _WAITS.items():
        yield {
            "matchers": texts(f'owner="{owner}"', f'severity="{severity.value}"'),
            "receiver": _receiver(owner, severity),
            "group_wait": gathered,
            "repeat_interval": again,
        }


def _inhibitions() -> Iterator[Block]:
    """What follows from something that fires already is not told as well."""
    for source, target in (
        ('alertname="ServiceDown"', 'alertname!="ServiceDown"'),
        ('alertname="AvailabilityBudgetBurnsFast"', 'alertname="AvailabilityBudgetBurnsSlowly"'),
        ('alertname="LatencyBudgetBurnsFast"', 'alertname="LatencyBudgetBurnsSlowly"'),
        ('alertname="OutboxLags"', 'alertname=~"OutboxFills|EventsNotPublished"'),
    ):
        yield {"source_matchers": texts(source), "target_matchers": texts(target), "equal": texts("service")}
    yield {
        "source_matchers": texts('alertname="BrokerDown"'),
        "target_matchers": texts('alertname=~"OutboxLags|OutboxFills|EventsNotPublished"'),
    }


def _receiver(owner: str, severity: Severity) -> str:
    return f"{owner}-{severity.value}"
