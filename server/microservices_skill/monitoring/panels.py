"""Grafana's dashboards as data: rows of panels, laid out from left to right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microservices_skill.monitoring.blocks import Block, blocks, texts

PROMETHEUS: Block = {"type": "prometheus", "uid": "prometheus"}
_GRID, _HEIGHT = 24, 8
_UID_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Query:
    """A query of Prometheus, and what its lines are called: labels in double braces."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph, or with ``kind`` a number or a list; ``limit`` draws a line that should not be crossed."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    about: str = ""
    kind: str = "timeseries"
    width: int = 8
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels below a heading; one without panels is left out."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard; ``name`` is that of its file, and unique in a system."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]


def uid(system: str, name: str) -> str:
    """An id that stays: Grafana takes at most 40 characters."""
    full = f"{system}-{name}"
    return full if len(full) <= _UID_LIMIT else f"{full[:27]}-{hashlib.sha256(full.encode()).hexdigest()[:12]}"


def dashboard_json(dashboard: Dashboard, system: str) -> Block:
    """A dashboard as Grafana reads it."""
    return {
        "uid": uid(system, dashboard.name),
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": texts(system, "generated"),
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": []},
        "annotations": {"list": blocks(_alerts_as_annotations())},
        "links": blocks({"type": "dashboards", "title": system, "tags": texts(system), "asDropdown": True, **_LINK}),
        "panels": blocks(*_laid_out(dashboard.rows)),
    }


_LINK: Block = {"icon": "external link", "includeVars": False, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}


def _alerts_as_annotations() -> Block:
    return {
        "name": "Pages",
        "datasource": PROMETHEUS,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing",severity="page"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{service}}",
    }


def _laid_out(rows: Sequence[Row]) -> Iterator[Block]:
    identity, top = 0, 0
    for row in (each for each in rows if each.panels):
        identity += 1
        yield {"id": identity, "type": "row", "title": row.title, "collapsed": False, "gridPos": _place(0, top, _GRID, 1), "panels": []}
        top, left = top + 1, 0
        for panel in row.panels:
            if left + panel.width > _GRID:
                top, left = top + _HEIGHT, 0
            identity += 1
            yield _panel(panel, identity, _place(left, top, panel.width, _HEIGHT))
            left += panel.width
        top += _HEIGHT


def _place(left: int, top: int, width: int, height: int) -> Block:
    return {"x": left, "y": top, "w": width, "h": height}


def _panel(panel: Panel, identity: int, place: Block) -> Block:
    return {
        "id": identity,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": PROMETHEUS,
        "gridPos": place,
        "targets": blocks(*(_target(query, index, panel) for index, query in enumerate(panel.queries))),
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _OPTIONS.get(panel.kind, _OPTIONS["timeseries"]),
    }


def _target(query: Query, index: int, panel: Panel) -> Block:
    return {
        "refId": _reference(index),
        "datasource": PROMETHEUS,
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": panel.kind == "stat",
        "range": panel.kind != "stat",
    }


def _reference(index: int) -> str:
    """The name of a query by its place: A to Z, then AA, AB and so on."""
    first, second = divmod(index, 26)
    return (chr(ord("A") + first - 1) if first else "") + chr(ord("A") + second)


def _defaults(panel: Panel) -> Block:
    steps: list[Block] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    found: Block = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": blocks(*steps)}}
    if panel.kind == "timeseries":
        style = "line" if panel.limit is not None else "off"
        custom: Block = {"drawStyle": "line", "fillOpacity": 10, "showPoints": "never", "thresholdsStyle": {"mode": style}}
        return {**found, "color": {"mode": "palette-classic"}, "custom": custom}
    return {**found, "color": {"mode": "thresholds"}, "mappings": []}


_OPTIONS: dict[str, Block] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value_and_name",
    },
}
