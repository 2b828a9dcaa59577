"""Two versions on one map: what came, what went, what differs, and whom that touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from microservices_skill.decisions.change import Difference, Kind, differences, impacts
from microservices_skill.explorer.edges import edges
from microservices_skill.explorer.nodes import BROKER, external_id, nodes, service_id, store_id
from microservices_skill.explorer.page import Change, Comparison, DifferenceItem, Edge, ImpactItem, Node
from microservices_skill.model.architecture import Architecture

_IDS = {"services": service_id, "stores": store_id, "externals": external_id}
_CHANGES = {Kind.ADDED: Change.ADDED, Kind.REMOVED: Change.REMOVED, Kind.RENAMED: Change.CHANGED, Kind.CHANGED: Change.CHANGED}

Map = tuple[tuple[Node, ...], tuple[Edge, ...]]


def compared(old: Architecture, new: Architecture) -> tuple[Map, Comparison]:
    """The map of both versions with every change marked, and the changes in words."""
    found = differences(old, new)
    touched = impacts(old, new, found)
    items = tuple(DifferenceItem(str(each), str(each.kind), _node(old, new, each)) for each in found)
    reached = tuple(ImpactItem(service_id(each.service), each.because) for each in touched)
    return (_nodes(old, new, found, reached), _edges(old, new, found)), Comparison(items, reached)


def _nodes(old: Architecture, new: Architecture, found: Sequence[Difference], touched: Sequence[ImpactItem]) -> tuple[Node, ...]:
    changes = {each.node: Change.TOUCHED for each in touched}
    for each in found:
        area, _, rest = each.where.partition("/")
        if area in _IDS:
            name, _, detail = rest.partition("/")
            node = _IDS[area](name)
            changes[node] = Change.CHANGED if detail and changes.get(node) is not Change.ADDED else _CHANGES[each.kind]
    present = tuple(nodes(new))
    gone = [each for each in nodes(old) if changes.get(each.id) is Change.REMOVED or (each.id == BROKER and each not in present)]
    return tuple(replace(each, change=changes.get(each.id, Change.NONE)) for each in (*present, *gone))


def _edges(old: Architecture, new: Architecture, found: Sequence[Difference]) -> tuple[Edge, ...]:
    now = dict(_renames(found))
    before = {
        _key(each): each
        for each in (
            replace(each, source=now.get(each.source, each.source), target=now.get(each.target, each.target)) for each in edges(old)
        )
    }
    after = {_key(each): each for each in edges(new)}
    marked = [replace(each, change=_change(before.get(key), each)) for key, each in after.items()]
    return (*marked, *(replace(each, change=Change.REMOVED) for key, each in before.items() if key not in after))


def _change(before: Edge | None, now: Edge) -> Change:
    if before is None:
        return Change.ADDED
    return Change.NONE if before == now else Change.CHANGED


def _key(edge: Edge) -> tuple[str, str, str]:
    return edge.source, edge.target, edge.kind


def _renames(found: Sequence[Difference]) -> Iterator[tuple[str, str]]:
    """Nodes that have another name now: the old one and the new one."""
    for each in found:
        area, _, name = each.where.partition("/")
        if each.kind is Kind.RENAMED and area in _IDS and "/" not in name:
            yield _IDS[area](each.was), _IDS[area](name)


def _node(old: Architecture, new: Architecture, difference: Difference) -> str:
    """The node that a difference is about: an event is its publisher's, a saga its coordinator's."""
    area, _, rest = difference.where.partition("/")
    name = rest.partition("/")[0]
    if area in _IDS:
        return _IDS[area](name)
    for architecture in (new, old):
        event = architecture.event(name.partition(" ")[0]) if area == "events" else None
        saga = next((each for each in architecture.sagas if area == "sagas" and each.name == name), None)
        if event is not None or saga is not None:
            return service_id(event.publisher if event is not None else saga.coordinator if saga is not None else "")
    return ""
