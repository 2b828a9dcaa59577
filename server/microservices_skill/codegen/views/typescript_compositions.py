"""The compositions of a NestJS service: whom each part asks, what callers see, and examples for their tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views.compositions import Composed, answer_of, shown_values
from microservices_skill.codegen.views.examples import ts_json
from microservices_skill.codegen.views.typescript_routes import Route, routes_of
from microservices_skill.codegen.views.typescript_types import SchemaField, response_field
from microservices_skill.model.composing import Asked
from microservices_skill.model.naming import camel, pascal, snake, title, words


@dataclass(frozen=True, slots=True)
class PartView:
    """A part as an object, and what a test needs to know of the service that it asks."""

    field: str
    lines: tuple[str, ...]
    client: str
    path: str
    answer: str


@dataclass(frozen=True, slots=True)
class CompositionView:
    """A composition as its templates print it."""

    name: str
    constant: str
    source_name: str
    noun: str
    comment: str
    tag: str
    key: str
    budget_s: float
    fields: tuple[SchemaField, ...]
    parts: tuple[PartView, ...]
    routes: tuple[Route, ...]
    path: str


@dataclass(frozen=True, slots=True)
class ClientUse:
    """A client that parts ask by, and the setting of where its service is."""

    name: str
    setting: str
    variable: str


@dataclass(frozen=True, slots=True)
class Compositions:
    """Everything that the templates of compositions print."""

    definitions: tuple[CompositionView, ...]
    constants: str
    responses: str
    values: str
    controllers: str
    clients: tuple[ClientUse, ...]
    client_names: str


def compositions_of(composed: tuple[Composed, ...]) -> Compositions:
    """The compositions of a service."""
    definitions = tuple(map(_definition, composed))
    providers = sorted({asked.provider.name for each in composed for asked in each.parts})
    clients = tuple(ClientUse(f"{pascal(name)}Client", f"{snake(name)}_url", ts_str(f"{snake(name).upper()}_URL")) for name in providers)
    return Compositions(
        definitions=definitions,
        constants=", ".join(sorted(each.constant for each in definitions)),
        responses=", ".join(sorted(f"{each.name}Response" for each in definitions)),
        values=", ".join(shown_values(composed)),
        controllers=", ".join(f"{each.name}Controller" for each in definitions),
        clients=clients,
        client_names=", ".join(each.name for each in clients),
    )


def _definition(composed: Composed) -> CompositionView:
    composition, row = composed.composition, composed.row
    return CompositionView(
        name=composition.name,
        constant=snake(composition.name).upper(),
        source_name=ts_str(composition.name),
        noun=ts_str(" ".join(words(composition.name))),
        comment=ts_sentence(composition.description, title(composition.name)),
        tag=ts_str(row.collection),
        key=composition.key,
        budget_s=composition.budget / 1000,
        fields=tuple(response_field(field) for field in row.fields),
        parts=tuple(map(_part, composed.parts)),
        routes=routes_of(composed.operations),
        path=ts_str(next((each.path.replace(f"{{{row.key}}}", "{}") for each in composed.operations), "")),
    )


def _part(asked: Asked) -> PartView:
    path = asked.operation.path.replace(f"{{{asked.operation.entity.reference}}}", "{}")
    return PartView(
        field=asked.part.name,
        lines=tuple(_lines(asked)),
        client=f"{pascal(asked.provider.name)}Client",
        path=ts_str(path),
        answer=ts_json(answer_of(asked)),
    )


def _lines(asked: Asked) -> Iterator[str]:
    part, call = asked.part, f"clients.{camel(asked.provider.name)}.{camel(asked.operation.id)}"
    yield f"name: {ts_str(part.name)}"
    if part.filter is not None:
        yield f"ask: (clients, key, options) => {call}({{ {part.filter}: key, limit: {ts_str(str(part.most))} }}, options)"
    else:
        yield f"ask: (clients, key, options) => {call}(key, options)"
    yield f"shows: {asked.shown.name}"
    yield f"attributes: {{ {', '.join(f'{field}: {ts_str(source)}' for field, source in asked.attributes.items())} }}"
    if part.after is not None:
        yield f"key: [{ts_str(part.after)}, {ts_str(part.key_field or '')}]"
    if part.is_list:
        yield "isList: true"
    if part.required:
        yield "isRequired: true"
