"""What tests find in a broker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Received:
    """A message that was found in a queue."""

    type: str
    key: str
    content_type: str
    body: bytes
