"""Finds where a person put a generated file that is no longer where it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from microservices_skill.regeneration.content import Content

_ALIKE = 0.6
"""So much of its lines a file shares with what was generated to be the same file elsewhere; git asks for half."""
_ALIKE_RENAMED = 0.8
"""The same where its name changed too."""
_TELLING = 3
"""A text of fewer lines is too common to be recognised elsewhere."""


def found(missing: Mapping[str, Content], strays: Mapping[str, Content]) -> dict[str, str]:
    """The new place of each missing file for which one of a person's files is more like it than all others."""
    places: dict[str, str] = {}
    taken: set[str] = set()
    for likeness, path, place, is_tie in sorted(_candidates(missing, strays), key=lambda each: (-each[0], *each[1:])):
        if likeness and not is_tie and path not in places and place not in taken:
            places[path] = place
            taken.add(place)
    return places


def _candidates(missing: Mapping[str, Content], strays: Mapping[str, Content]) -> Iterator[tuple[float, str, str, bool]]:
    """How much a missing file and the most alike of a person's files share, and whether another one shares as much."""
    lines = {place: _lines(content) for place, content in strays.items()}
    for path, pristine in missing.items():
        wanted = _lines(pristine)
        if wanted.total() < _TELLING:
            continue
        scores = sorted(((_likeness(path, wanted, place, there), place) for place, there in lines.items()), reverse=True)
        for score, place in scores[:3]:
            yield score, path, place, sum(score == other for other, _ in scores) > 1


def _likeness(path: str, wanted: Counter[str], place: str, there: Counter[str]) -> float:
    """The share of lines that both have, from 0 to 1; 0 where that is too little to speak of a move."""
    old, new = PurePosixPath(path), PurePosixPath(place)
    if old.suffix != new.suffix:
        return 0
    share = 2 * (wanted & there).total() / (wanted.total() + there.total())
    return share if share >= (_ALIKE if old.name == new.name else _ALIKE_RENAMED) else 0


def _lines(content: Content) -> Counter[str]:
    return Counter(line for line in (content.text or "").split("\n") if line.strip())
