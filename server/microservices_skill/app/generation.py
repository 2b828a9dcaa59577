"""Generates services and whole systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from microservices_skill.app.design import Design, read_design
from microservices_skill.app.documents import adr_files
from microservices_skill.app.evolving import Evolution, evolve
from microservices_skill.app.renaming import renames_of
from microservices_skill.app.results import Writing
from microservices_skill.app.writing import AT_ONCE, Manner, Progress, silent, write
from microservices_skill.codegen import capabilities, generate
from microservices_skill.codegen.views.examples import entity_example
from microservices_skill.contracts import render
from microservices_skill.deployment import chaos
from microservices_skill.deployment import render as deployment
from microservices_skill.deployment.compose import INNER_PORT, container_name
from microservices_skill.deployment.environment import places
from microservices_skill.deployment.kubernetes import render as kubernetes
from microservices_skill.deployment.pipelines import render as pipelines
from microservices_skill.files import FileTree
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.monitoring import render as monitoring
from microservices_skill.monitoring.watched import Spot
from microservices_skill.regeneration.request import Request

Capability = Literal["all", "resilience", "observability", "testing", "deployment", "security"]


def generate_service(  # noqa: PLR0913 - what a caller may choose
    root: Path,
    source: Path,
    *,
    service: str,
    capability: Capability = "all",
    language: str = "",
    allow_destructive: bool = False,
    manner: Manner = AT_ONCE,
    progress: Progress | None = None,
) -> Writing:
    """Generate one service, or one capability of it, into ``services/<name>/``.

    Raises:
        SkillError: the design is unsound, the service is unknown, its language is not supported yet, or the disk refuses.

    """
    step = progress or silent
    step(0, 3, "checking the design")
    designs = _sound(source, language)
    step(1, 3, f"generating {service}")
    files = FileTree(())
    scope: list[str] = []
    evolutions: list[Evolution] = []
    for suffix, design in designs.items():
        folder = f"services/{service}{suffix}"
        generate.demand_generatable(design.architecture, service)
        folders = _folders(design.architecture, service, suffix)
        evolutions.append(evolve(root, folders, design.architecture, service, grows=capability == "all", destructive=allow_destructive))
        code = _only(_service_files(design.architecture, service, evolutions[-1]), capability).under(folder)
        files |= code
        scope += [f"{each}/" for each in folders] if capability == "all" else [*code]
    step(2, 3, "comparing" if manner.preview else "writing")
    read = " and ".join(f"services/{service}{suffix}/README.md" for suffix in designs)
    request = Request(files, scope=tuple(scope) or ("\0",), renames=renames_of(designs))
    following = f"Read {read}: how to run, test and change it."
    return _with_migrations(write(root, request, manner=manner, following=following), evolutions)


def generate_system(
    root: Path,
    source: Path,
    *,
    language: str = "",
    allow_destructive: bool = False,
    manner: Manner = AT_ONCE,
    progress: Progress | None = None,
) -> Writing:
    """Generate every service, the contracts, the documents and what stands around the services.

    Raises:
        SkillError: the design is unsound, a language is not supported yet, or the disk refuses.

    """
    step = progress or silent
    step(0, 6, "checking the design")
    designs = _sound(source, language)
    design = next(iter(designs.values()))
    architecture = design.architecture
    step(1, 6, f"generating {len(architecture.services) * len(designs)} services")
    files = FileTree(())
    evolutions: list[Evolution] = []
    for suffix, variant in designs.items():
        for each in variant.architecture.services:
            manner.checkpoint()
            folder = f"services/{each.name}{suffix}"
            generate.demand_generatable(variant.architecture, each.name)
            folders = _folders(variant.architecture, each.name, suffix)
            evolutions.append(evolve(root, folders, variant.architecture, each.name, grows=True, destructive=allow_destructive))
            files |= _service_files(variant.architecture, each.name, evolutions[-1]).under(folder)
    step(2, 6, "deriving contracts")
    files |= render.render(architecture)
    step(3, 6, "writing decisions")
    files |= adr_files(design)
    step(4, 6, "gathering the system")
    files |= _running_files(designs, language)
    step(5, 6, "comparing files" if manner.preview else "writing files")
    following = "Run all of it: microservices-skill up. Read services/*/README.md: how to test and change them."
    return _with_migrations(write(root, Request(files, renames=renames_of(designs)), manner=manner, following=following), evolutions)


def _folders(architecture: Architecture, name: str, suffix: str) -> list[str]:
    """The folder of a service, and the one that it had under its former name."""
    service = architecture.services_by_name[name]
    return [f"services/{each}{suffix}" for each in (name, service.formerly) if each is not None]


def _with_migrations(written: Writing, evolutions: Sequence[Evolution]) -> Writing:
    return replace(
        written,
        migrations=tuple(dict.fromkeys(said for each in evolutions for said in each.migrations)),
        pending=tuple(dict.fromkeys(said for each in evolutions for said in each.pending)),
    )


def _service_files(architecture: Architecture, name: str, evolution: Evolution) -> FileTree:
    code = generate.generate_service(architecture, name, evolution.history)
    service = architecture.services_by_name[name]
    return code | render.for_service(architecture, service) | pipelines.of_service(architecture, service)


def _running_files(designs: Mapping[str, Design], language: str) -> FileTree:
    """What runs the system; where services are there in every language, the first one runs."""
    suffix, design = next(iter(designs.items()))
    architecture = design.architecture
    folders = {each.name: f"services/{each.name}{suffix}" for each in architecture.services}
    spots = {each.name: Spot(container_name(each), INNER_PORT, f"127.0.0.1:{each.port}") for each in places(architecture, folders)}
    return (
        deployment.render(architecture, folders, language=language)
        | kubernetes.render(architecture, design.capacity, folders)
        | chaos.render(architecture, folders, _bodies(architecture))
        | monitoring.render(architecture, spots)
    )


def _bodies(architecture: Architecture) -> dict[str, object]:
    """A request body that starts each saga."""
    found: dict[str, object] = {}
    for each in architecture.running_sagas:
        start = next(operation for operation in wire.operations(each.coordinator) if operation.id == each.saga.starts_with)
        values = entity_example(each.entity, each.coordinator).values
        found[each.saga.name] = {field.name: _own(field, values[field.name]) for field in start.request_fields}
    return found


def _own(field: Field, value: object) -> object:
    """The value that a request of the proof by faults sends: where it must be unique, one that differs from request to request."""
    if not field.unique or field.pattern is not None:
        return value
    return {FieldType.UUID: "{uuid}", FieldType.EMAIL: "someone{n}@example.com", FieldType.STRING: "example {n}"}.get(field.type, value)


def _only(files: FileTree, capability: Capability) -> FileTree:
    return files if capability == "all" else capabilities.files_of(files, capability)


def _sound(source: Path, language: str) -> dict[str, Design]:
    """The design in the languages that are asked for, by what their services' folders end with."""
    design = read_design(source)
    design.demand_sound()
    match language:
        case "":
            return {"": design}
        case "both":
            return {f"-{each}": _in_language(design, each) for each in generate.SUPPORTED}
        case _:
            return {"": _in_language(design, language)}


def _in_language(design: Design, language: str) -> Design:
    document = design.architecture.model_dump(by_alias=True)
    for service in document["services"]:
        service["language"] = language
    return replace(design, architecture=Architecture.model_validate(document))
