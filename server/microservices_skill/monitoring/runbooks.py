"""A page for each alert of a system: what it means, who is hit, how to look, how to mend and how to be sure; and their index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from microservices_skill.files import File, FileTree
from microservices_skill.model.naming import kebab
from microservices_skill.model.service import Exposure
from microservices_skill.monitoring.alert import Alert, Severity
from microservices_skill.monitoring.guide import Guide
from microservices_skill.monitoring.guides_events import BROKER_GUIDES, EVENT_GUIDES
from microservices_skill.monitoring.guides_requests import GUIDES
from microservices_skill.monitoring.guides_work import ANSWER_GUIDES, SAGA_GUIDES, WATCHER_GUIDES
from microservices_skill.monitoring.watched import Spot, Watched

_ALL: Mapping[str, Guide] = GUIDES | EVENT_GUIDES | BROKER_GUIDES | SAGA_GUIDES | ANSWER_GUIDES | WATCHER_GUIDES
_LEADS = {Severity.PAGE: "somebody is woken", Severity.TICKET: "it waits for the morning"}


def runbooks(services: Sequence[Watched], alerts: Sequence[Alert], spots: Mapping[str, Spot]) -> FileTree:
    """The pages of all alerts, and ``README.md``."""
    named: dict[str, list[Alert]] = {}
    for alert in alerts:
        named.setdefault(alert.name, []).append(alert)
    pages = [(f"{kebab(name)}.md", File(_page(found, services, spots))) for name, found in named.items()]
    return FileTree([*pages, ("README.md", File(_index(named)))])


def _index(named: Mapping[str, Sequence[Alert]]) -> str:
    rows = [
        (f"[{name}]({kebab(name)}.md)", _severities(found), ", ".join(dict.fromkeys(alert.service for alert in found)), _first(name))
        for name, found in sorted(named.items())
    ]
    intro = (
        "A page for each alert of `observability/prometheus/rules`: what it means, who is hit, how to look, how to mend, how to be sure. "
        "`page` wakes somebody, `ticket` waits for the morning."
    )
    return "\n\n".join(["# Runbooks", intro, _table(("Alert", "Severity", "Services", "What is the case"), rows)]) + "\n"


def _first(name: str) -> str:
    """The first sentence of what it means."""
    return _ALL[name].means.partition(". ")[0].rstrip(".")


def _page(alerts: Sequence[Alert], services: Sequence[Watched], spots: Mapping[str, Spot]) -> str:
    guide = _ALL[alerts[0].name]
    hit = [each for each in services if any(alert.service == each.name for alert in alerts)]
    about = [line for each in hit for line in guide.about(each)]
    parts = [
        f"# {alerts[0].name}",
        f"Severity: {_severities(alerts)} ({', or '.join(_LEADS[each] for each in _found(alerts))}). [All runbooks](README.md).",
        "## What it means",
        guide.means,
        "## Who is hit",
        _who(alerts, hit),
        *([_bullets(about)] if about else []),
        "## How to look",
        *([_names(hit, spots)] if len(hit) > 1 and _uses_names(guide) else []),
        _numbered(guide.look),
        "## How to mend",
        _numbered(guide.mend),
        "## How to be sure",
        guide.sure,
        "## When it fires",
        *map(_rule, alerts),
    ]
    return _for_one("\n\n".join(parts), hit, spots) + "\n"


def _who(alerts: Sequence[Alert], hit: Sequence[Watched]) -> str:
    if not hit:
        return "Every service: all of them stand on it." if alerts[0].severity is Severity.PAGE else "Whoever watches the system."
    rows = [
        (
            each.name,
            each.owner,
            "the public" if each.service.exposure is Exposure.PUBLIC else "-",
            ", ".join(each.callers) or "-",
            ", ".join(each.hearers) or "-",
        )
        for each in hit
    ]
    return _table(("Service", "Owner", "Open to", "Called by", "Heard by"), rows)


def _names(hit: Sequence[Watched], spots: Mapping[str, Spot]) -> str:
    rows = [(each.name, spots[each.name].container, spots[each.name].published) for each in hit]
    return "In what follows, write for\n\n" + _table(("SERVICE", "CONTAINER", "ADDRESS"), rows)


def _uses_names(guide: Guide) -> bool:
    text = " ".join([*guide.look, *guide.mend, guide.sure])
    return any(word in text for word in ("SERVICE", "CONTAINER", "ADDRESS"))


def _for_one(text: str, hit: Sequence[Watched], spots: Mapping[str, Spot]) -> str:
    """Where only one service can be meant, its names stand in the text itself."""
    if len(hit) != 1:
        return text
    spot = spots[hit[0].name]
    return text.replace("SERVICE", hit[0].name).replace("CONTAINER", spot.container).replace("ADDRESS", spot.published)


def _rule(alert: Alert) -> str:
    lasting = f", for {alert.lasts}" if alert.lasts else ""
    return f"{alert.service}{lasting}:\n\n```promql\n{alert.expr}\n```"


def _found(alerts: Sequence[Alert]) -> list[Severity]:
    return [each for each in Severity if any(alert.severity is each for alert in alerts)]


def _severities(alerts: Sequence[Alert]) -> str:
    return " or ".join(f"`{each.value}`" for each in _found(alerts))


def _numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, start=1))


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)
