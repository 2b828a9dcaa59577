"""How hard a system is tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How hard the system is tried; URLs name servers that are cut off rather than killed."""

    seed: int = 1
    requests: int = 1000
    kills: int = 20
    clients: int = 8
    duplicates: float = 0.1
    patience_s: float = 240.0
    database_url: str = ""
    broker_url: str = ""
