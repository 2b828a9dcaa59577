"""The story of one order, request or trace: records of many logs that belong together, in the order of time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_FRAME = frozenset({"timestamp", "service", "event", "level", "logger", "trace_id", "span_id", "request_id", "event_id", "exception"})
"""What every record has, or what only programs want."""


@dataclass(frozen=True)
class Record:
    """A line of a log: when, where, what happened, and all that it says."""

    at: datetime
    service: str
    event: str
    level: str
    fields: Mapping[str, Any]

    @property
    def trace_id(self) -> str:
        """The trace that it belongs to, if any."""
        return str(self.fields.get("trace_id", ""))

    @property
    def details(self) -> dict[str, Any]:
        """What is particular to it."""
        return {name: value for name, value in self.fields.items() if name not in _FRAME and value is not None}

    def mentions(self, identity: str) -> bool:
        """Whether any value in it is the id, or holds it."""
        return any(identity in text for text in _texts(self.fields))


def parse(lines: Iterable[str], *, service: str) -> Iterator[Record]:
    """The records among the lines of a service's log; what is no record (a crash, a banner) is left out."""
    for line in lines:
        try:
            fields = json.loads(line)
            at = datetime.fromisoformat(fields["timestamp"])
        except (ValueError, TypeError, KeyError):
            continue
        if at.tzinfo is not None:
            event, level = str(fields.get("event", "")), str(fields.get("level", "info"))
            yield Record(at, str(fields.get("service", service)), event, level, fields)


def tell(records: Iterable[Record], identity: str) -> tuple[Record, ...]:
    """The records that mention the id, and all others of the traces that those belong to."""
    known = sorted(records, key=lambda record: record.at)
    direct = [record.mentions(identity) for record in known]
    traces = {record.trace_id for record, is_direct in zip(known, direct, strict=True) if is_direct and record.trace_id}
    return tuple(record for record, is_direct in zip(known, direct, strict=True) if is_direct or record.trace_id in traces)


def _texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case str():
            yield value
        case _:
            yield json.dumps(value)
