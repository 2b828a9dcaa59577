"""What the coordinator of a saga and its participants say to each other: commands, compensations and replies."""

from __future__ import annotations

from abc import ABC
from enum import StrEnum
from uuid import UUID

from inventory.infrastructure.event_bus import DomainEvent

REASON_LENGTH = 500


class Outcome(StrEnum):
    """What became of a step, or of its compensation."""

    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    NOT_UNDONE = "not_undone"


class SagaMessage(DomainEvent, ABC):
    """A message of one run of a saga; those of one run arrive in order."""

    saga_id: UUID

    @property
    def ordering_key(self) -> str:
        """All messages of a run share a key."""
        return f"saga/{self.saga_id}"


class SagaReply(SagaMessage, ABC):
    """A participant's answer."""

    outcome: Outcome
    reason: str | None = None
