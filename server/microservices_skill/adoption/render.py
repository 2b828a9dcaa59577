"""Everything that capabilities add to a service that exists, and what is to be done with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from microservices_skill.adoption.deploying import deployed
from microservices_skill.adoption.errors import UnfitApplicationError, UnknownPartError
from microservices_skill.adoption.guide import GUIDE, guide
from microservices_skill.adoption.modules import modules
from microservices_skill.adoption.parts import CAPABILITIES, RUNTIME, with_needed
from microservices_skill.adoption.starter import Sources, Starter
from microservices_skill.adoption.testing import tested
from microservices_skill.adoption.wiring import PATCH, Wiring, wiring_of
from microservices_skill.files import File, FileTree

RECORD = "wiring.json"
"""What was added, and the steps, for programs."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """The files by their paths in the service, and the steps that take them into use."""

    files: FileTree
    wiring: Wiring
    capabilities: frozenset[str]


def adopt(starter: Starter, capability: str, sources: Sources) -> Adoption:
    """A service with one capability more: those that it has are brought up to date with it.

    Raises:
        SkillError: there is no such capability, or the application cannot be wired by lines.

    """
    if capability not in CAPABILITIES:
        raise UnknownPartError(capability, CAPABILITIES)
    capabilities = with_needed(added(starter, sources) | {capability})
    wiring = wiring_of(starter, capabilities, sources)
    files = modules(starter, capabilities) | _papers(starter, capabilities, wiring)
    if "deployment" in capabilities:
        files |= deployed(starter, sources, has_tests="testing" in capabilities)
    if "testing" in capabilities:
        files |= tested(starter, sources, has_runtime=bool(capabilities & set(RUNTIME)))
    return Adoption(files, wiring, capabilities)


def added(starter: Starter, sources: Sources) -> frozenset[str]:
    """The capabilities that a service was given before.

    Raises:
        UnfitApplicationError: the record is damaged.

    """
    record = sources.get(f"{starter.folder}/{RECORD}", "")
    try:
        return frozenset(json.loads(record)["capabilities"]) & set(CAPABILITIES) if record else frozenset()
    except (ValueError, KeyError, TypeError) as error:
        raise UnfitApplicationError(f"{starter.folder}/{RECORD}", "is no record of ours", "restore it from version control") from error


def _papers(starter: Starter, capabilities: frozenset[str], wiring: Wiring) -> FileTree:
    """The steps for people and for programs; they continue what stands there."""
    steps = {key: value for key, value in asdict(wiring).items() if key not in ("patch", "is_done")}
    record = {"capabilities": [each for each in CAPABILITIES if each in capabilities], **steps}
    papers = {GUIDE: guide(starter, capabilities, wiring), RECORD: json.dumps(record, indent=2) + "\n", PATCH: wiring.patch}
    return FileTree((f"{starter.folder}/{name}", File(text, continues=True)) for name, text in papers.items() if text)
