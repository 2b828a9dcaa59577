"""Decides what a regeneration does to each path, so that no line that a person wrote is ever lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from microservices_skill.files import File, FileTree
from microservices_skill.regeneration import moves
from microservices_skill.regeneration.changes import Change, ChangeSet, Dispute, Kind
from microservices_skill.regeneration.content import Content, content_of
from microservices_skill.regeneration.merge import merge
from microservices_skill.regeneration.renames import Rename, Renaming
from microservices_skill.regeneration.request import Choices, Request

Contents = Mapping[str, Content]
"""Files by path."""


@dataclass(frozen=True)
class Standing:
    """What a regeneration finds: what was generated last time, what stands there now, and files of a person's own.

    ``moved`` says where a person was found to have put generated files earlier. ``strays`` are needed only where
    generated files are missing or the model renames things.
    """

    base: Contents = field(default_factory=dict)
    current: Contents = field(default_factory=dict)
    strays: Contents = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)


def plan(standing: Standing, request: Request) -> ChangeSet:
    """Compare what was generated last time, what stands there now, and what is generated today."""
    return _Planning(standing, request.generated, request.scope, request.renames, request.choices).result()


@dataclass(frozen=True)
class _Planning:
    standing: Standing
    generated: FileTree
    scope: tuple[str, ...]
    renames: tuple[Rename, ...]
    choices: Choices

    def result(self) -> ChangeSet:
        changes = [*self._wanted(), *self._unwanted(), *self._following()]
        pristine = {path: content for path, content in self.standing.base.items() if not path.startswith(self.scope)}
        orphans = {each.generated: each.path for each in changes if each.kind is Kind.ORPHAN and each.generated is not None}
        pristine |= {path: self.standing.base[path] for path in orphans}
        pristine |= {path: self._remembered(path, file) for path, file in self.generated.items()}
        moved = {path: place for path, place in self.standing.moved.items() if not path.startswith(self.scope)} | orphans
        moved |= {path: self._target(path) for path in self.generated}
        moved = {path: place for path, place in sorted(moved.items()) if path != place}
        return ChangeSet(tuple(sorted(changes, key=lambda change: change.path)), dict(sorted(pristine.items())), moved)

    def _wanted(self) -> Iterator[Change]:
        for path, file in self.generated.items():
            before, place, target = self._base_of(path), self._place_of(path), self._target(path)
            here = self._at(place)
            if place != target and self._at(target) is not None:
                yield Change(target, Kind.CONFLICT, self._at(target), self._at(target), generated=path, dispute=Dispute.NOT_OURS)
                continue
            change = replace(self._outcome(target, file, before, here), generated=path)
            if place != target and here is not None and not (change.kind is Kind.CONFLICT and not change.is_written):
                is_disputed = change.kind is Kind.CONFLICT
                change = replace(change, kind=change.kind if is_disputed else Kind.MOVE, before=None, origin=place, moving=here)
            yield change

    def _outcome(self, path: str, file: File, before: Content | None, here: Content | None) -> Change:
        new, side = content_of(file), self.choices.side(path)
        if here is None:
            if before is None or file.continues or side == "theirs":
                return Change(path, Kind.CREATE, None, new)
            return Change(path, Kind.STAYS_DELETED)
        if before is None:
            return self._unknown(path, file, here)
        if file.frozen:
            return Change(path, Kind.UNCHANGED if here.says_the_same(new) else Kind.KEEP, here, here)
        if file.continues:
            after = replace(here.saying(file.text), executable=here.executable)
            return Change(path, Kind.UNCHANGED if after == here else Kind.UPDATE, here, after)
        mode = new.executable if here.executable == before.executable else here.executable
        if here.says_the_same(before) or here.says_the_same(new):
            after = replace(here.saying(file.text), executable=mode)
            return Change(path, Kind.UNCHANGED if after == here else Kind.UPDATE, here, after)
        return self._merged(path, before, replace(here, executable=mode), new, was=here)

    def _unknown(self, path: str, file: File, here: Content) -> Change:
        """Something stands where nothing was generated before."""
        new, side = content_of(file), self.choices.side(path)
        if here.says_the_same(new):
            return Change(path, Kind.UNCHANGED, here, here)
        if not file.owned or file.frozen or side == "ours":
            return Change(path, Kind.KEEP, here, here)
        if side == "theirs":
            return Change(path, Kind.UPDATE, here, new)
        if self.choices.markers and here.text is not None:
            marked = merge(base="", ours=here.text, theirs=file.text).marked()
            return Change(path, Kind.CONFLICT, here, here.saying(marked), dispute=Dispute.NOT_OURS)
        return Change(path, Kind.CONFLICT, here, here, dispute=Dispute.NOT_OURS)

    def _merged(self, path: str, before: Content, here: Content, new: Content, *, was: Content) -> Change:
        """A person and the generator both had their way with the file, or only the person had."""
        side = self.choices.side(path)
        if before.text is None or here.text is None or new.text is None:
            if side is None and not new.says_the_same(before):
                return Change(path, Kind.CONFLICT, was, was, dispute=Dispute.NOT_TEXT)
            after = new if side == "theirs" else here
            return Change(path, Kind.KEPT_EDIT if after == was else Kind.UPDATE, was, after)
        old, mine = self._renaming.texts(path, base=before.text, ours=here.text, theirs=new.text)
        merged = merge(base=old, ours=mine, theirs=new.text)
        if merged.conflicts and side is None:
            marked = here.saying(merged.marked()) if self.choices.markers else was
            return Change(path, Kind.CONFLICT, was, marked, dispute=Dispute.BOTH_CHANGED, lines=merged.conflicts)
        after = here.saying(merged.taking(side or "ours"))
        return Change(path, Kind.KEPT_EDIT if after == was else Kind.MERGE, was, after)

    def _unwanted(self) -> Iterator[Change]:
        for path, before in self.standing.base.items():
            if path in self.generated or path in self._renaming.moved or not path.startswith(self.scope):
                continue
            place = self._places.get(path)
            here = self._at(place)
            if place is not None and here is not None:
                is_edited = not here.says_the_same(before)
                kind, after = (Kind.ORPHAN, here) if is_edited else (Kind.DELETE, None)
                yield Change(place, kind, here, after, generated=path)

    def _following(self) -> Iterator[Change]:
        """A person's own files in folders that the model renamed."""
        placed = set(self._places.values())
        for path, content in self.standing.strays.items():
            target = self._renaming.along(path) if path not in placed else None
            if target is None or self._at(target) is not None or target in self.generated:
                continue
            text = content.text
            after = content if text is None else content.saying(self._renaming.text(target, text))
            yield Change(target, Kind.MOVE, None, after, origin=path, moving=content)

    def _at(self, path: str | None) -> Content | None:
        if path is None:
            return None
        return self.standing.current.get(path) or self.standing.strays.get(path)

    def _base_of(self, path: str) -> Content | None:
        return self.standing.base.get(self._renamed_from.get(path, path))

    def _place_of(self, path: str) -> str | None:
        """Where the file that ``path`` is generated into stands now, if it does."""
        known = self._renamed_from.get(path, path)
        if known in self.standing.base:
            return self._places.get(known)
        return path if self._at(path) is not None else None

    def _target(self, path: str) -> str:
        """Where ``path`` is to be written: where it belongs, or where a person put it."""
        known = self._renamed_from.get(path, path)
        place = self._places.get(known)
        return path if place is None or place == known else place

    def _remembered(self, path: str, file: File) -> Content:
        before = self._base_of(path)
        return before if file.frozen and before is not None else content_of(file)

    @cached_property
    def _places(self) -> dict[str, str]:
        """Where each file that was generated last time stands now."""
        here = {path: path for path in self.standing.base if path in self.standing.current}
        gone = [path for path in self.standing.base if path not in here]
        again = {path: self.standing.moved[path] for path in gone if self._at(self.standing.moved.get(path)) is not None}
        missing = {path: self.standing.base[path] for path in gone if path not in again and path.startswith(self.scope)}
        strays = {path: each for path, each in self.standing.strays.items() if path not in again.values() and path not in self.generated}
        return here | again | moves.found(missing, strays)

    @cached_property
    def _renamed_from(self) -> dict[str, str]:
        return {new: old for old, new in self._renaming.moved.items()}

    @cached_property
    def _renaming(self) -> Renaming:
        before = {path: content.text or "" for path, content in self.standing.base.items() if path.startswith(self.scope)}
        history = frozenset(path for path, file in self.generated.items() if file.frozen)
        return Renaming(self.renames, before, {path: file.text for path, file in self.generated.items()}, history)
