"""Three-way merge of texts (diff3): what changed on one side only is taken, what changed on both alike is taken once.

Written here and not taken from ``merge3``, the kept library for it, because that is GPL and this package is MIT. The
tests hold it against ``git merge-file``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from microservices_skill.regeneration.matching import Lines, Match, matches

Side = Literal["ours", "theirs"]
"""``ours`` is what a person made of a file, ``theirs`` what the generator makes of it now."""

OURS, THEIRS = "<<<<<<< yours", ">>>>>>> generated"


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of the result; where ``theirs`` is there too, both sides changed the same place and differ."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Lines of a person's file, from one; ``end`` is before ``start`` where lines were taken out there."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start}" if self.end <= self.start else f"{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged text, and the places where the sides disagree, as spans of ``ours``."""

    regions: tuple[Region, ...]
    conflicts: tuple[Span, ...]

    def taking(self, side: Side) -> str:
        """The text with the lines of one side at each conflict."""
        lines = [_of(region, side) for region in self.regions]
        return "".join(line for part in lines for line in part)

    def marked(self) -> str:
        """The text with both sides between markers at each conflict, as git writes them."""
        return "".join(line for region in self.regions for line in _marked(region))


def merge(*, base: str, ours: str, theirs: str) -> Merge:
    """What becomes of ``base`` when a person made ``ours`` of it and the generator makes ``theirs``."""
    texts = (base.splitlines(keepends=True), ours.splitlines(keepends=True), theirs.splitlines(keepends=True))
    regions, conflicts = [], []
    before = (0, 0, 0)
    for start, end in _stable(*texts):
        old, mine, new = (tuple(text[low:high]) for text, low, high in zip(texts, before, start, strict=True))
        region = _resolved(old, mine, new)
        if region.theirs is None:
            regions.append(region)
        else:
            parts = list(_narrowed(region.ours, region.theirs))
            regions += parts
            offset = before[1] + (len(parts[0].ours) if parts[0].theirs is None else 0)
            disputed = next(part for part in parts if part.theirs is not None)
            conflicts.append(Span(offset + 1, offset + len(disputed.ours)))
        regions.append(Region(tuple(texts[1][start[1] : end[1]])))
        before = end
    return Merge(tuple(regions), tuple(conflicts))


def _resolved(old: tuple[str, ...], mine: tuple[str, ...], new: tuple[str, ...]) -> Region:
    if mine in (new, old):
        return Region(new)
    return Region(mine) if new == old else Region(mine, new)


def _narrowed(mine: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Region]:
    """A conflict without the lines that both sides begin and end with."""
    limit = min(len(mine), len(new))
    head = next((index for index in range(limit) if mine[index] != new[index]), limit)
    tail = next((index for index in range(limit - head) if mine[-1 - index] != new[-1 - index]), limit - head)
    if head:
        yield Region(mine[:head])
    yield Region(mine[head : len(mine) - tail], new[head : len(new) - tail])
    if tail:
        yield Region(mine[len(mine) - tail :])


def _stable(base: Lines, ours: Lines, theirs: Lines) -> Iterator[tuple[tuple[int, int, int], tuple[int, int, int]]]:
    """Where all three texts are alike: the places in base, ours and theirs where such a run begins and where it ends."""
    mine, new = matches(base, ours), matches(base, theirs)
    left = right = 0
    while left < len(mine) - 1 and right < len(new) - 1:
        here, there = mine[left], new[right]
        low, high = max(here[0], there[0]), min(_end(here), _end(there))
        if low < high:
            start = (low, here[1] + low - here[0], there[1] + low - there[0])
            size = high - low
            yield start, (start[0] + size, start[1] + size, start[2] + size)
        if _end(here) < _end(there):
            left += 1
        else:
            right += 1
    ends = (len(base), len(ours), len(theirs))
    yield ends, ends


def _end(match: Match) -> int:
    return match[0] + match[2]


def _of(region: Region, side: Side) -> tuple[str, ...]:
    return region.theirs if side == "theirs" and region.theirs is not None else region.ours


def _marked(region: Region) -> Iterator[str]:
    if region.theirs is None:
        yield from region.ours
        return
    yield f"{OURS}\n"
    yield from _closed(region.ours)
    yield "=======\n"
    yield from _closed(region.theirs)
    yield f"{THEIRS}\n"


def _closed(lines: tuple[str, ...]) -> Iterator[str]:
    """The lines, the last one ended too, so that a marker has a line of its own."""
    yield from lines[:-1]
    if lines:
        yield lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}\n"
