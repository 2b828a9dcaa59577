"""The compositions of a FastAPI service: whom each part asks, what callers see, and examples for their tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views.compositions import Composed, answer_of, shown_values
from microservices_skill.codegen.views.examples import py_json
from microservices_skill.codegen.views.python_routes import Route, routes_of
from microservices_skill.codegen.views.python_types import TypedName, response_field
from microservices_skill.model.composing import Asked
from microservices_skill.model.naming import snake, title, words


@dataclass(frozen=True, slots=True)
class PartView:
    """A part as a ``Part(...)`` expression, and what a test needs to know of the service that it asks."""

    field: str
    lines: tuple[str, ...]
    value: str
    client: str
    policy: str
    path: str
    answer: str


@dataclass(frozen=True, slots=True)
class CompositionView:
    """A composition as its templates print it."""

    name: str
    constant: str
    source_name: str
    noun: str
    docstring: str
    tag: str
    key: str
    budget_s: float
    fields: tuple[TypedName, ...]
    parts: tuple[PartView, ...]
    routes: tuple[Route, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Compositions:
    """Everything that the templates of compositions print."""

    definitions: tuple[CompositionView, ...]
    constants: str
    route_names: str
    values: str
    policies: str


def compositions_of(composed: tuple[Composed, ...]) -> Compositions:
    """The compositions of a service."""
    definitions = tuple(map(_definition, composed))
    constants = sorted(each.constant for each in definitions)
    return Compositions(
        definitions=definitions,
        constants=", ".join(constants),
        route_names=", ".join([*constants, *sorted(f"{each.name}Response" for each in definitions)]),
        values=", ".join(shown_values(composed)),
        policies=", ".join(sorted({part.policy for each in definitions for part in each.parts})),
    )


def _definition(composed: Composed) -> CompositionView:
    composition, row = composed.composition, composed.row
    return CompositionView(
        name=composition.name,
        constant=snake(composition.name).upper(),
        source_name=py_str(composition.name),
        noun=py_str(" ".join(words(composition.name))),
        docstring=sentence(composition.description, title(composition.name)),
        tag=py_str(row.collection),
        key=composition.key,
        budget_s=composition.budget / 1000,
        fields=tuple(response_field(field) for field in row.fields),
        parts=tuple(map(_part, composed.parts)),
        routes=routes_of(composed.operations),
        path=py_str(next((each.path.replace(f"{{{row.key}}}", "{}") for each in composed.operations), "")),
    )


def _part(asked: Asked) -> PartView:
    part, provider = asked.part, snake(asked.provider.name)
    path = asked.operation.path.replace(f"{{{asked.operation.entity.reference}}}", "{}")
    return PartView(
        field=part.name,
        lines=tuple(_lines(asked)),
        value=f"found[{py_str(part.name)}]",
        client=py_str(provider),
        policy=f"{provider.upper()}_POLICY",
        path=py_str(path),
        answer=py_json(answer_of(asked)),
    )


def _lines(asked: Asked) -> Iterator[str]:
    part, call = asked.part, f"clients.{snake(asked.provider.name)}.{snake(asked.operation.id)}"
    yield f"name={py_str(part.name)}"
    if part.filter is not None:
        params = f"{{{py_str(part.filter)}: str(key), {py_str('limit')}: {py_str(str(part.most))}}}"
        yield f"ask=lambda clients, key, token: {call}(params={params}, token=token)"
    else:
        yield f"ask=lambda clients, key, token: {call}(key, token=token)"
    yield f"shows={asked.shown.name}"
    yield f"attributes={{{', '.join(f'{py_str(field)}: {py_str(source)}' for field, source in asked.attributes.items())}}}"
    if part.after is not None:
        yield f"key=({py_str(part.after)}, {py_str(part.key_field or '')})"
    if part.is_list:
        yield "is_list=True"
    if part.required:
        yield "is_required=True"
