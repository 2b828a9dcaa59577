"""Follows a rename of the model through paths and texts, so that a person's edits go along with the files that they are in.

A word is renamed only where the generator renamed it too: it was generated last time, is no longer, and its new spelling
is. So words that only look alike stay, and a rename that was followed once is not followed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property
from itertools import combinations

from microservices_skill.model.naming import camel, kebab, pascal, plural, snake
from microservices_skill.regeneration.matching import Lines, matches

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[./-][A-Za-z_][A-Za-z0-9_]*)*")
_SEPARATOR = re.compile(r"([./])")
_HYPHEN = re.compile(r"(-)")
_MANY = 6
_NEARLY = 0.75
_DATA = (".json", ".lock")


@dataclass(frozen=True, slots=True)
class Rename:
    """Something below the folder ``within`` (its path now, ending with a slash; all where empty) that had another name."""

    within: str
    old: str
    new: str


@dataclass(frozen=True)
class Renaming:
    """The renames of a model between two generations, given the text of all that each of them wrote, by path.

    What files of ``history`` say of former names does not keep those names alive.
    """

    renames: tuple[Rename, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]
    history: frozenset[str] = frozenset()

    @cached_property
    def moved(self) -> dict[str, str]:
        """Where each file goes that is generated under a new name now."""
        if not self.renames:
            return {}
        there = self.after.keys() - self.before.keys()
        gone = ((path, self._paths(path) & there) for path in self.before if path not in self.after)
        return {path: min(places) for path, places in gone if len(places) == 1}

    def along(self, path: str) -> str | None:
        """Where a person's own file goes, because the folder that it is in went there with all that was generated in it."""
        parts = path.split("/")
        for count in range(len(parts) - 1, 0, -1):
            target = self._folders.get("/".join(parts[:count]))
            if target is not None:
                return f"{target}/{self.text(target + '/', '/'.join(parts[count:]))}"
        return None

    def texts(self, path: str, *, base: str, ours: str, theirs: str) -> tuple[str, str]:
        """What was generated before and what a person made of it, both in the words of what is generated now.

        Lines that are otherwise the same are taken as they are generated now, with articles and layout that follow from a
        name, so that only what a person wrote differs.
        """
        base, ours = self.text(path, base), self.text(path, ours)
        if not any(path.startswith(rename.within) and self._words[rename] for rename in self.renames):
            return base, ours
        respelled = _alike(base.splitlines(keepends=True), theirs.splitlines(keepends=True))
        mine, old = ("".join(respelled.get(line, line) for line in text.splitlines(keepends=True)) for text in (ours, base))
        return old, mine

    def text(self, path: str, text: str) -> str:
        """A text of the file that is at ``path`` now, with the words renamed that the generator renamed there."""
        for rename in self.renames:
            if path.startswith(rename.within) and self._words[rename]:
                known = self._words[rename]
                text = _WORD.sub(lambda match, known=known: _renamed(match[0], known), text)  # type: ignore[misc]
        return text

    def _paths(self, path: str) -> set[str]:
        """Where the renames may have put a path: a name in it can be that of what was renamed, or of something else."""
        found = {path}
        for rename in self.renames:
            inside = [each for each in found if each.startswith(rename.within)]
            found |= {rename.within + other for each in inside for other in _variants(each.removeprefix(rename.within), rename)}
        return found - {path}

    @cached_property
    def _folders(self) -> dict[str, str]:
        targets: dict[str, set[str]] = {}
        for path in self.before:
            if path in self.moved or path in self.after:
                for old, new in _ancestors(path, self.moved.get(path, path)):
                    targets.setdefault(old, set()).add(new)
        return {old: min(new) for old, new in targets.items() if len(new) == 1 and old not in new}

    @cached_property
    def _words(self) -> dict[Rename, dict[str, str]]:
        """By rename: the words that were generated before, are not any more, and are with another spelling."""
        before = {self.moved.get(path, path): text for path, text in self.before.items()}
        after = {path: text for path, text in self.after.items() if path not in self.history and not path.endswith(_DATA)}
        found = {}
        for rename in self.renames:
            new = _vocabulary(after, rename.within)
            gone = _vocabulary(before, rename.within) - new
            found[rename] = {word: other for word in gone for other in _variants(word, rename) if other in new}
        return found


def _alike(before: Lines, after: Lines) -> dict[str, str]:
    """Lines that stand where other ones stood and say nearly the same."""
    found: dict[str, str] = {}
    old = new = 0
    for here, there, size in matches(before, after):
        if here - old == there - new:
            pairs = zip(before[old:here], after[new:there], strict=True)
            found |= {line: other for line, other in pairs if SequenceMatcher(None, line, other).ratio() >= _NEARLY}
        old, new = here + size, there + size
    return found


def _renamed(word: str, known: Mapping[str, str]) -> str:
    """A word with the longest beginning of it that has another spelling replaced, and then each part of the rest."""
    parts = _SEPARATOR.split(word)
    for count in range(len(parts), 0, -2):
        beginning = known.get("".join(parts[:count]))
        if beginning is not None:
            return beginning + "".join(_part(part, known) for part in parts[count:])
    return "".join(_part(part, known) for part in parts)


def _part(part: str, known: Mapping[str, str]) -> str:
    return known.get(part) or "".join(known.get(piece, piece) for piece in _HYPHEN.split(part))


def _vocabulary(texts: Mapping[str, str], within: str) -> set[str]:
    """Every word, each part of it, and each beginning that ends with a part: ``order.rules`` also says ``order``."""
    words = {word for path, text in texts.items() if path.startswith(within) for word in _WORD.findall(f"{path} {text}")}
    split = [_SEPARATOR.split(word) for word in words]
    beginnings = {"".join(parts[:count]) for parts in split for count in range(1, len(parts) + 1, 2)}
    return beginnings | {piece for parts in split for part in parts for piece in (part, *_HYPHEN.split(part))}


def _variants(word: str, rename: Rename) -> Iterator[str]:
    """A word or a path with the old name replaced in some of its parts or all; all come last."""
    parts = _SEPARATOR.split(word)
    other = [_respelled(part, rename) for part in parts]
    changing = [index for index, part in enumerate(parts) if part != other[index]]
    if len(changing) > _MANY:
        yield "".join(other)
        return
    for count in range(1, len(changing) + 1):
        for chosen in combinations(changing, count):
            yield "".join(other[index] if index in chosen else part for index, part in enumerate(parts))


def _respelled(part: str, rename: Rename) -> str:
    """A part of a word with each spelling of the old name in it replaced."""
    for pattern, new in _spellings(rename.old, rename.new):
        part = pattern.sub(new, part)
    return part


@cache
def _spellings(old: str, new: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every spelling of a name, plural first: where it is a word of its own within an identifier or a path."""
    found = []
    for one, other in ((plural(snake(old)), plural(snake(new))), (snake(old), snake(new))):
        for spell in (snake, kebab, camel, pascal, _upper):
            word = spell(one)
            before = "(?<![A-Za-z0-9])" if word[0].islower() else "(?<![A-Z])"
            after = "(?![A-Z0-9])" if word[-1].isupper() else "(?![a-z0-9])"
            found.append((re.compile(before + re.escape(word) + after), spell(other)))
    return tuple(found)


def _upper(name: str) -> str:
    return snake(name).upper()


def _ancestors(path: str, target: str) -> Iterator[tuple[str, str]]:
    """Each folder that a file was in, and the one that it is in now: the same distance above the file."""
    while "/" in path and "/" in target:
        path, target = path.rpartition("/")[0], target.rpartition("/")[0]
        yield path, target
