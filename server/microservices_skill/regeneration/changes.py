"""What a regeneration does to each path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from microservices_skill.files import File


class Kind(StrEnum):
    """What happens to one path."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"
    KEEP = "keep"
    KEPT_EDIT = "kept-edit"
    CONFLICT = "conflict"
    ORPHAN = "orphan"

    @property
    def is_written(self) -> bool:
        """Whether the disk changes."""
        return self in (Kind.CREATE, Kind.UPDATE, Kind.DELETE)


@dataclass(frozen=True, slots=True)
class Change:
    """One path: what happens, the new file where there is one, and the digest of what stands there now."""

    path: str
    kind: Kind
    file: File | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Every path that a regeneration looked at, in path order, and the lock that follows from applying it."""

    changes: tuple[Change, ...]
    lock: tuple[tuple[str, str], ...]

    def of(self, *kinds: Kind) -> Iterator[Change]:
        """The changes of these kinds."""
        return (change for change in self.changes if change.kind in kinds)

    def paths(self, *kinds: Kind) -> tuple[str, ...]:
        """The paths of the changes of these kinds."""
        return tuple(change.path for change in self.of(*kinds))

    @property
    def counts(self) -> dict[str, int]:
        """How many paths each kind has, in the order of the kinds."""
        found = Counter(change.kind for change in self.changes)
        return {str(kind): found[kind] for kind in Kind if found[kind]}

    @property
    def is_empty(self) -> bool:
        """Whether nothing on disk would change."""
        return not any(change.kind.is_written for change in self.changes)
