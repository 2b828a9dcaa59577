"""What a caller wants of a regeneration."""

from __future__ import annotations

from dataclasses import dataclass, field

from microservices_skill.files import FileTree
from microservices_skill.regeneration.merge import Side
from microservices_skill.regeneration.renames import Rename


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decided on conflicts: markers in the file, or a side for the paths (or folders) that are named."""

    markers: bool = False
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()

    def side(self, path: str) -> Side | None:
        """The side that was chosen for a path; where both name it, the longer name."""
        mine, new = (max((_nearness(each, path) for each in names), default=-1) for names in (self.ours, self.theirs))
        if mine == new:
            return None
        return "ours" if mine > new else "theirs"


@dataclass(frozen=True, slots=True)
class Request:
    """A generated tree to be brought to where people edit it.

    ``scope`` names the path prefixes that the tree speaks for: only below them is a file that is no longer generated
    deleted. What was generated elsewhere is remembered as it was. ``renames`` are those of the model since any earlier
    generation; one that was followed already changes nothing. ``memory`` names what the tree belongs to: what one
    generator wrote, another one does not take for its own.
    """

    generated: FileTree
    scope: tuple[str, ...] = ("",)
    renames: tuple[Rename, ...] = ()
    choices: Choices = field(default_factory=Choices)
    memory: str = "base"


def _nearness(name: str, path: str) -> int:
    """How closely a name covers a path: the more of it the closer; -1 where it does not."""
    folder = name.rstrip("/")
    if folder in ("", "."):
        return 0
    return len(folder) if path == folder or path.startswith(f"{folder}/") else -1
