"""Generates services and whole systems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from microservices_skill.app.design import Design, read_design
from microservices_skill.app.documents import adr_files
from microservices_skill.app.results import Writing
from microservices_skill.app.writing import write
from microservices_skill.codegen import generate
from microservices_skill.contracts import render
from microservices_skill.errors import SkillError
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture

Capability = Literal["all", "resilience", "observability", "testing", "deployment", "security"]
Progress = Callable[[int, int, str], None]
"""Called with the steps that are done, all steps, and the one that begins."""


class UnsupportedCapabilityError(SkillError):
    """Single capabilities cannot be generated yet."""

    def __init__(self, capability: str) -> None:
        super().__init__(f"capability {capability!r} cannot be generated on its own yet; generate the whole service with capability 'all'")


def generate_service(
    root: Path,
    source: Path,
    *,
    service: str,
    capability: Capability = "all",
    language: str = "",
    preview: bool = False,
    progress: Progress | None = None,
) -> Writing:
    """Generate one service, or one capability of it, into ``services/<name>/``.

    Raises:
        SkillError: the design is unsound, the service is unknown, its language is not supported yet, or the disk refuses.

    """
    step = progress or _silent
    step(0, 3, "checking the design")
    design = _sound(source, language)
    step(1, 3, f"generating {service}")
    files = _service_files(design.architecture, service)
    scope: tuple[str, ...] = (f"services/{service}/",)
    if capability != "all":
        files = _only(files, capability)
    files = files.under(f"services/{service}")
    if capability != "all":
        scope = tuple(files) or ("\0",)
    step(2, 3, "writing" if not preview else "comparing")
    return write(root, files, scope=scope, preview=preview, following=f"Read services/{service}/README.md: how to run, test and change it.")


def generate_system(root: Path, source: Path, *, language: str = "", preview: bool = False, progress: Progress | None = None) -> Writing:
    """Generate every service, the contracts, the documents and what stands around the services.

    Raises:
        SkillError: the design is unsound, a language is not supported yet, or the disk refuses.

    """
    step = progress or _silent
    step(0, 5, "checking the design")
    design = _sound(source, language)
    architecture = design.architecture
    step(1, 5, f"generating {len(architecture.services)} services")
    files = generate.generate_system(architecture)
    step(2, 5, "deriving contracts")
    for each in architecture.services:
        files = files | render.for_service(architecture, each).under(f"services/{each.name}")
    files = files | render.render(architecture)
    step(3, 5, "writing decisions")
    files = files | adr_files(design)
    step(4, 5, "writing files" if not preview else "comparing files")
    return write(root, files, scope=("",), preview=preview, following="Read README.md and services/*/README.md: how to run and test.")


def _service_files(architecture: Architecture, name: str) -> FileTree:
    code = generate.generate_service(architecture, name)
    return code | render.for_service(architecture, architecture.services_by_name[name])


def _only(files: FileTree, capability: Capability) -> FileTree:
    try:
        from microservices_skill.codegen import capabilities  # noqa: PLC0415 - most runs generate the whole service
    except ImportError as error:
        raise UnsupportedCapabilityError(capability) from error
    return capabilities.files_of(files, capability)


def _sound(source: Path, language: str) -> Design:
    design = read_design(source)
    design.demand_sound()
    if not language:
        return design
    document = design.architecture.model_dump(by_alias=True)
    for service in document["services"]:
        service["language"] = language
    return Design(Architecture.model_validate(document), design.document, design.findings)


def _silent(_done: int, _all: int, _what: str) -> None:
    """Tell nobody."""
