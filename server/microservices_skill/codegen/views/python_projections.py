"""The views of a FastAPI service: their tables, what callers see of them, and what fills them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, py_tuple, sentence
from microservices_skill.codegen.views.projections import ItemList, Projection, events_of, reading_of
from microservices_skill.codegen.views.python_routes import Route, routes_of
from microservices_skill.codegen.views.python_types import Column, TypedName, columns, request_field, response_field
from microservices_skill.codegen.views.shared import object_names
from microservices_skill.model.fields import Field
from microservices_skill.model.naming import pascal, snake, title, words
from microservices_skill.model.projection import Fact, Origin
from microservices_skill.model.view import View

INLINE = 40
"""The longest dictionary that stays on one line."""


@dataclass(frozen=True, slots=True)
class ValueField:
    """A value of a row: its name, its type, and how a row gives it to callers."""

    name: str
    annotation: str
    shown: str


@dataclass(frozen=True, slots=True)
class PartView:
    """A list of a view."""

    name: str
    field: str
    values_name: str
    values: tuple[TypedName, ...]
    item: str
    required: str
    limit: int


@dataclass(frozen=True, slots=True)
class OriginView:
    """An entity of another service that fills a view."""

    constant: str
    name: str
    call: str
    key: str
    attributes: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectionView:
    """A view as its templates print it."""

    name: str
    constant: str
    source_name: str
    docstring: str
    article: str
    noun: str
    noun_plural: str
    noun_source: str
    tag: str
    table: str
    indexes: tuple[str, ...]
    key: str
    key_source: str
    columns: tuple[Column, ...]
    values: tuple[ValueField, ...]
    fields: tuple[TypedName, ...]
    required: str
    parts: tuple[PartView, ...]
    origins: tuple[OriginView, ...]
    origin_names: str
    sources: tuple[str, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Views:
    """Everything that the templates of views print."""

    definitions: tuple[ProjectionView, ...]
    constants: str
    events: str
    own_values: str
    route_names: str


def views_of(projections: tuple[Projection, ...]) -> Views:
    """The views of a service."""
    constants = sorted(_constant(each.view) for each in projections)
    shown = sorted(f"{each.view.name}{suffix}" for each in projections for suffix in ("Page", "Response"))
    return Views(
        definitions=tuple(map(_definition, projections)),
        constants=", ".join(constants),
        events=", ".join(sorted(events_of(projections))),
        own_values=", ".join(sorted(object_names(field for each in projections for field in (*each.view.fields, *_item_fields(each))))),
        route_names=", ".join([*constants, *shown]),
    )


def _item_fields(projection: Projection) -> Iterator[Field]:
    for each in projection.lists:
        yield from each.fields


def _constant(view: View) -> str:
    return snake(view.name).upper()


def _definition(projection: Projection) -> ProjectionView:
    view, row = projection.view, projection.row
    noun = " ".join(words(view.name))
    return ProjectionView(
        name=view.name,
        constant=_constant(view),
        source_name=py_str(view.name),
        docstring=sentence(view.description, title(view.name)),
        article="an" if noun[0] in "aeiou" else "a",
        noun=noun,
        noun_plural=" ".join(words(row.table)),
        noun_source=py_str(noun),
        tag=py_str(row.collection),
        table=py_str(row.table),
        indexes=tuple(f'Index("ix_{row.table}_{name}", "generation", {py_str(name)})' for name in projection.filters),
        key=view.key,
        key_source=py_str(view.key),
        columns=tuple(column for field in projection.columns for column in columns(field, {})),
        values=tuple(_value(field, is_required=field.name in projection.required) for field in projection.columns),
        fields=tuple(response_field(field) for field in view.fields),
        required=py_tuple(list(projection.required)),
        parts=tuple(_part(view, each) for each in projection.lists),
        origins=tuple(_origin(view, each) for each in projection.origins),
        origin_names=", ".join(_origin_constant(view, each) for each in projection.origins) + ("," if len(projection.origins) == 1 else ""),
        sources=tuple(_source(projection, each) for each in projection.facts),
        routes=routes_of(projection.operations),
    )


def _value(field: Field, *, is_required: bool) -> ValueField:
    source = request_field(field).annotation
    return ValueField(field.name, source, f"told(row.{field.name})" if is_required else f"row.{field.name}")


def _part(view: View, part: ItemList) -> PartView:
    return PartView(
        name=py_str(part.field.name),
        field=part.field.name,
        values_name=f"{view.name}{pascal(part.field.name)}Item",
        values=tuple(request_field(field.model_copy(update={"required": False})) for field in part.fields),
        item=part.item,
        required=py_tuple([field.name for field in part.fields if field.required]),
        limit=part.field.item_limit,
    )


def _origin_constant(view: View, origin: Origin) -> str:
    return f"_{_constant(view)}_{snake(origin.into or origin.entity.name).upper()}"


def _origin(view: View, origin: Origin) -> OriginView:
    reading = reading_of(origin, view)
    return OriginView(
        constant=_origin_constant(view, origin),
        name=py_str(f"{origin.publisher.name}.{origin.entity.name}"),
        call=f"{snake(origin.publisher.name)}.{snake(reading.id)}",
        key=py_str(origin.key_attribute),
        attributes=_mapping([(py_str(each.target), py_str(each.attribute)) for each in origin.values], indent=4),
        details=tuple(_details(origin)),
    )


def _details(origin: Origin) -> Iterator[str]:
    if origin.into is not None:
        yield f"into={py_str(origin.into)}"
    conditional = [each for each in origin.values if each.states is not None]
    lifecycle = origin.entity.lifecycle
    if lifecycle is not None and (conditional or origin.gone):
        yield f"state={py_str(lifecycle.field)}"
    if conditional:
        yield f"told_in={_mapping([(py_str(each.target), _frozenset(each.states or ())) for each in conditional], indent=4)}"
    if origin.gone:
        yield f"gone_in={_frozenset(origin.gone)}"


def _source(projection: Projection, fact: Fact) -> str:
    origin = next(each for each in projection.origins if fact in each.facts)
    values = _mapping([(py_str(each.target), py_str(each.payload)) for each in fact.values], indent=8)
    what = "deletes=True" if fact.deletes else f"values={values}"
    of = _origin_constant(projection.view, origin)
    return f"{fact.event.name}, {of}, key={py_str(fact.key)}, identity={py_str(fact.identity or '')}, {what}"


def _mapping(pairs: Sequence[tuple[str, str]], *, indent: int) -> str:
    """A dictionary, on lines of its own where it is long."""
    entries = [f"{name}: {source}" for name, source in pairs]
    if len(", ".join(entries)) <= INLINE:
        return f"{{{', '.join(entries)}}}"
    space = " " * indent
    return "{\n" + "".join(f"{space}    {entry},\n" for entry in entries) + f"{space}}}"


def _frozenset(names: Sequence[str]) -> str:
    return "frozenset({" + ", ".join(map(py_str, names)) + "})"
