"""Adds one capability to a service, or brings it up to date: in services that were generated, and in any other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from microservices_skill.adoption.detection import languages_of, starter_of
from microservices_skill.adoption.errors import TakenFolderError
from microservices_skill.adoption.guide import GUIDE
from microservices_skill.adoption.parts import CAPABILITIES
from microservices_skill.adoption.render import RECORD, Adoption, adopt
from microservices_skill.adoption.starter import Starter, Wishes
from microservices_skill.app.design import read_design
from microservices_skill.app.existing_results import Addition
from microservices_skill.app.generation import Capability, generate_service
from microservices_skill.app.results import Writing
from microservices_skill.app.writing import AT_ONCE, Manner, Progress, silent, write
from microservices_skill.codegen.generate import SUPPORTED
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.service import MEMORY, added_before, generating_root, is_taken, service_sources

_GENERATED = "Other files of the services are as they were; what people edited is merged."


def add(
    folder: Path,
    capability: Capability,
    *,
    wishes: Wishes | None = None,
    manner: Manner = AT_ONCE,
    architecture: Path | None = None,
    limit: Path | None = None,
    progress: Progress = silent,
) -> Addition:
    """Add a capability to the service in ``folder``; in a generated system's folder, to every service of it.

    ``architecture`` is the model of generated services, where it does not stand beside them. Nothing above ``limit`` is looked at.

    Raises:
        SkillError: there is no service, its application cannot be found, a place is taken, or the disk refuses.

    """
    root = generating_root(folder, limit)
    if root is not None:
        return _renew(root, architecture or root / "architecture.yaml", folder.resolve(), capability, manner, progress)
    return _adopt(folder, capability, wishes or Wishes(), manner, progress)


def _renew(root: Path, source: Path, folder: Path, capability: Capability, manner: Manner, progress: Progress) -> Addition:
    """The capability of generated services, from their model."""
    names = read_design(source).architecture.services_by_name
    asked = [folder] if folder != root else sorted(each for each in (root / "services").iterdir() if each.is_dir())
    chosen = dict(_chosen(each, names) for each in asked)
    writings: list[Writing] = []
    for name, language in chosen.items():
        progress(len(writings), len(chosen), f"generating {name}")
        how = replace(manner, checkpoint=AT_ONCE.checkpoint) if any(each.written for each in writings) else manner
        writings.append(generate_service(root, source, service=name, capability=capability, language=language, manner=how))
    return _of_writings(root, writings, (capability,), following=_GENERATED)


def _chosen(folder: Path, names: Collection[str]) -> tuple[str, str]:
    """The service that a folder holds, and the language that it is in; both, where each has a folder of its own."""
    if folder.name in names:
        return folder.name, str(next(iter(languages_of(service_sources(folder))), ""))
    suffix = next((f"-{language}" for language in SUPPORTED if folder.name.endswith(f"-{language}")), "")
    return folder.name.removesuffix(suffix), "both"


def _adopt(root: Path, capability: str, wishes: Wishes, manner: Manner, progress: Progress) -> Addition:
    """The capability as modules beside what people wrote."""
    progress(0, 3, "reading the service")
    sources, before = service_sources(root), added_before(root)
    if before is not None:
        sources[f"{before[0]}/{RECORD}"] = before[1]
        wishes = replace(wishes, into=wishes.into or before[0])
    starter = starter_of(str(root.resolve()), sources, wishes)
    if is_taken(root, starter.folder):
        raise TakenFolderError(starter.folder)
    progress(1, 3, f"adding {capability}")
    found = adopt(starter, capability, sources)
    progress(2, 3, "comparing" if manner.preview else "writing")
    writing = write(root, Request(found.files, memory=MEMORY), manner=manner, following=_following(starter, found))
    capabilities = tuple(each for each in CAPABILITIES if each in found.capabilities)
    return _of_writings(root, [writing], capabilities, starter=starter, adoption=found)


def _following(starter: Starter, found: Adoption) -> str:
    where = f"{starter.folder}/{GUIDE}"
    return f"The lines are in place; {where} has the rest." if found.wiring.is_done else f"Follow {where}: it says what to install and add."


def _of_writings(
    root: Path,
    writings: Sequence[Writing],
    capabilities: tuple[str, ...],
    *,
    following: str = "",
    starter: Starter | None = None,
    adoption: Adoption | None = None,
) -> Addition:
    conflicts = tuple(f"{each.path}{f':{each.lines}' if each.lines else ''}: {each.why}" for one in writings for each in one.conflicts)
    told = next((each.next for each in writings if each.conflicts), following or next((each.next for each in writings), ""))
    counts: dict[str, int] = {}
    for one in writings:
        for kind, number in one.counts.items():
            counts[kind] = counts.get(kind, 0) + number
    steps = adoption.wiring if adoption is not None else None
    return Addition(
        root=str(root),
        service=starter.name if starter is not None else "",
        capabilities=capabilities,
        written=all(each.written for each in writings),
        counts=counts,
        paths=tuple(path for each in writings for path in each.paths),
        conflicts=conflicts,
        merged=tuple(path for each in writings for path in (*each.merged, *each.kept)),
        diff="".join(each.diff for each in writings),
        install=steps.install if steps is not None else (),
        patch=f"{starter.folder}/wiring.patch" if starter is not None and steps is not None and steps.patch and not steps.is_done else "",
        start=steps.start if steps is not None else "",
        next=told,
    )
