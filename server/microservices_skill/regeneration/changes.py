"""What a regeneration does to each path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from microservices_skill.regeneration.content import Content
from microservices_skill.regeneration.merge import Span


class Kind(StrEnum):
    """What happens to one path."""

    CREATE = "create"
    UPDATE = "update"
    MERGE = "merge"
    MOVE = "move"
    DELETE = "delete"
    UNCHANGED = "unchanged"
    KEEP = "keep"
    KEPT_EDIT = "kept-edit"
    STAYS_DELETED = "stays-deleted"
    ORPHAN = "orphan"
    CONFLICT = "conflict"


class Dispute(StrEnum):
    """Why a person's file and what is generated cannot both be had."""

    BOTH_CHANGED = "both changed the same lines"
    NOT_TEXT = "it was changed and is not text, so that it cannot be merged"
    NOT_OURS = "a file that was not generated stands where one would be"


@dataclass(frozen=True, slots=True)
class Change:
    """One path and what happens to it.

    ``before`` is what stands at ``path``, ``after`` what will; where nothing is written both are the same.
    ``origin`` is the path that a moved file comes from, and ``moving`` what stands there. ``generated`` is the path that
    the file is, or was, generated under; a person may have put it elsewhere. ``lines`` are those of a person's file that
    are in dispute.
    """

    path: str
    kind: Kind
    before: Content | None = None
    after: Content | None = None
    origin: str | None = None
    moving: Content | None = None
    generated: str | None = None
    dispute: Dispute | None = None
    lines: tuple[Span, ...] = ()

    @property
    def is_written(self) -> bool:
        """Whether the disk changes."""
        return self.before != self.after or self.origin is not None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Every path that a regeneration looked at, in path order, and what is remembered once it is applied.

    ``pristine`` is what was generated, as it would be without any edit: the base of the next merge. ``moved`` says where
    a person put generated files.
    """

    changes: tuple[Change, ...]
    pristine: Mapping[str, Content] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

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
    def written(self) -> tuple[Change, ...]:
        """The changes that the disk sees."""
        return tuple(change for change in self.changes if change.is_written)

    @property
    def is_blocked(self) -> bool:
        """Whether a person must decide before anything is written."""
        return any(change.kind is Kind.CONFLICT and not change.is_written for change in self.changes)
