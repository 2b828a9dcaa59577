"""Finds the lines that two texts share, in order: patience diff (Bram Cohen), with difflib between its anchors."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Lines = Sequence[str]
Match = tuple[int, int, int]
"""Where a run of equal lines begins in the first text and in the second, and how many lines it has."""

_COSTLY = 4_000_000
"""Beyond so many pairs of lines, difflib takes minutes; what lies between two anchors then counts as changed."""


def matches(first: Lines, second: Lines) -> list[Match]:
    """Runs of lines that both texts have, in order, none touching the next; the last one is empty and stands at the ends."""
    joined: list[Match] = []
    for here, there, size in _matches(first, second, 0, 0):
        if joined and joined[-1][0] + joined[-1][2] == here and joined[-1][1] + joined[-1][2] == there:
            start, other, length = joined.pop()
            joined.append((start, other, length + size))
        else:
            joined.append((here, there, size))
    return [*joined, (len(first), len(second), 0)]


def _matches(first: Lines, second: Lines, at: int, other: int) -> Iterator[Match]:
    """The runs in two slices that begin at ``at`` and ``other``."""
    head = _shared(first, second)
    if head:
        yield at, other, head
    first, second, at, other = first[head:], second[head:], at + head, other + head
    tail = _shared(first[::-1], second[::-1])
    inner, outer = first[: len(first) - tail], second[: len(second) - tail]
    if inner and outer:
        anchors = _anchors(inner, outer)
        if anchors:
            yield from _between(inner, outer, anchors, at, other)
        elif len(inner) * len(outer) <= _COSTLY:
            for here, there, size in SequenceMatcher(None, inner, outer, autojunk=False).get_matching_blocks():
                if size:
                    yield at + here, other + there, size
    if tail:
        yield at + len(inner), other + len(outer), tail


def _between(first: Lines, second: Lines, anchors: list[tuple[int, int]], at: int, other: int) -> Iterator[Match]:
    left = right = 0
    for here, there in [*anchors, (len(first), len(second))]:
        yield from _matches(first[left:here], second[right:there], at + left, other + right)
        if here < len(first):
            yield at + here, other + there, 1
        left, right = here + 1, there + 1


def _anchors(first: Lines, second: Lines) -> list[tuple[int, int]]:
    """Lines that each text has exactly once, as the longest series that is in order in both."""
    once, again = Counter(first), Counter(second)
    places = {line: index for index, line in enumerate(second) if again[line] == 1}
    pairs = [(index, places[line]) for index, line in enumerate(first) if once[line] == 1 and line in places]
    ends: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for number, (_, there) in enumerate(pairs):
        place = bisect_left(ends, there)
        previous.append(last[place - 1] if place else -1)
        if place == len(ends):
            ends.append(there)
            last.append(number)
        else:
            ends[place] = there
            last[place] = number
    series = []
    number = last[-1] if last else -1
    while number >= 0:
        series.append(pairs[number])
        number = previous[number]
    return series[::-1]


def _shared(first: Lines, second: Lines) -> int:
    """How many lines both begin with."""
    for index, (one, another) in enumerate(zip(first, second, strict=False)):
        if one != another:
            return index
    return min(len(first), len(second))
