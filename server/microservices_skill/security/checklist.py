"""The parts of the hardening checklist: an item, what comes of it, and the system that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.security.safeguards import Safeguards, safeguards_of
from microservices_skill.security.spots import Spot, documents

Check = Callable[["Site"], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist, and the folder that it looks into; nothing where it looks at all."""

    id: str
    what: str
    check: Check
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An item, and what is wrong; nothing where it holds, or where there was nothing to look at, which ``unseen`` says."""

    item: Item
    faults: tuple[str, ...]
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Housed:
    """A service in a folder, with where its code keeps its promises."""

    service: Service
    folder: str
    safeguards: Safeguards


@dataclass(frozen=True, slots=True)
class Site:
    """A system as it stands: its model, and its files by path."""

    architecture: Architecture
    files: Mapping[str, str]

    def text(self, path: str) -> str:
        """What stands in a file; nothing where there is none."""
        return self.files.get(path, "")

    def data(self, path: str) -> dict[str, object]:
        """What a file of data says; nothing where it cannot be read."""
        try:
            found = yaml.safe_load(self.text(path))
        except yaml.YAMLError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def housed(self) -> tuple[Housed, ...]:
        """Every service whose code is generated, in each language in which it is there."""
        found = []
        for service in self.architecture.services:
            for suffix, language in (("", service.language), *((f"-{each}", each) for each in type(service.language))):
                guards = safeguards_of(service.model_copy(update={"language": language}))
                folder = f"services/{service.name}{suffix}"
                if guards is not None and (not suffix or f"{folder}/{guards.settings}" in self.files):
                    found.append(Housed(service, folder, guards))
        is_doubled = {each.service.name for each in found if each.folder != f"services/{each.service.name}"}
        return tuple(each for each in found if each.service.name not in is_doubled or each.folder != f"services/{each.service.name}")

    def spots(self, *folders: str) -> Iterator[Spot]:
        """Every document of data below these folders; what cannot be read is left to ``unreadable``."""
        for path in self.paths(*folders):
            yield from documents(path, self.files[path]) or ()

    def paths(self, *folders: str) -> tuple[str, ...]:
        """The files of YAML below these folders."""
        return tuple(path for path in self.files if path.startswith(folders) and path.endswith((".yaml", ".yml")))

    def unreadable(self, *folders: str) -> Iterator[str]:
        """Files of data that are none."""
        for path in self.paths(*folders):
            if documents(path, self.files[path]) is None:
                yield f"{path}: it is not YAML; generate it again, or see what was changed in it"


def item(items: list[Item], identity: str, folder: str = "") -> Callable[[Check], Check]:
    """Put a check on a list; its docstring says what holds."""

    def add(check: Check) -> Check:
        items.append(Item(identity, (check.__doc__ or "").strip().partition("\n")[0], check, folder))
        return check

    return add
