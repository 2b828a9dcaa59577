"""The views of a NestJS service: their tables, what callers see of them, and what fills them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views.projections import ItemList, Projection, events_of, reading_of
from microservices_skill.codegen.views.shared import object_names
from microservices_skill.codegen.views.typescript_routes import ListQuery, Route, list_queries, query_name, routes_of
from microservices_skill.codegen.views.typescript_types import (
    Accessor,
    Column,
    SchemaField,
    accessors,
    columns,
    request_field,
    response_field,
)
from microservices_skill.model import wire
from microservices_skill.model.naming import camel, snake, title, words
from microservices_skill.model.projection import Fact, Origin
from microservices_skill.model.view import View

INLINE = 60
"""The longest object that stays on one line."""


@dataclass(frozen=True, slots=True)
class PartView:
    """A list of a view."""

    constant: str
    field: str
    values: tuple[SchemaField, ...]
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
    comment: str
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
    column_names: str
    accessors: tuple[Accessor, ...]
    values: tuple[SchemaField, ...]
    fields: tuple[SchemaField, ...]
    shown: tuple[str, ...]
    required: str
    parts: tuple[PartView, ...]
    part_pairs: str
    origins: tuple[OriginView, ...]
    origin_names: str
    sources: tuple[str, ...]
    lists: tuple[ListQuery, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Views:
    """Everything that the templates of views print."""

    definitions: tuple[ProjectionView, ...]
    constants: str
    row_names: str
    part_names: str
    tables: str
    events: str
    value_imports: str
    controllers: str
    controller_imports: str
    page_default: int
    page_maximum: int


def views_of(projections: tuple[Projection, ...]) -> Views:
    """The views of a service."""
    definitions = tuple(map(_definition, projections))
    rows = ", ".join(sorted(each.name for each in definitions))
    fields = [field for each in projections for field in (*each.view.fields, *(inner for part in each.lists for inner in part.fields))]
    queries = [query_name(operation) for each in projections for operation in each.operations if operation.is_paginated]
    responses = [f"{each.name}{kind}" for each in definitions for kind in ("Page", "Response")]
    return Views(
        definitions=definitions,
        constants=", ".join(sorted(each.constant for each in definitions)),
        row_names=rows,
        part_names=", ".join(part.constant for each in definitions for part in each.parts),
        tables=f"{rows}, ViewGeneration, " if rows else "",
        events=", ".join(sorted(events_of(projections))),
        value_imports="".join(f", {name}" for name in sorted(object_names(fields))),
        controllers=", ".join(f"{each.name}Controller" for each in definitions),
        controller_imports=", ".join([*queries, *responses, *(f"to{each.name}Response" for each in definitions)]),
        page_default=wire.PAGE_DEFAULT,
        page_maximum=wire.PAGE_MAXIMUM,
    )


def _constant(view: View) -> str:
    return snake(view.name).upper()


def _definition(projection: Projection) -> ProjectionView:
    view, row = projection.view, projection.row
    noun = " ".join(words(view.name))
    parts = tuple(_part(view, each) for each in projection.lists)
    own = tuple(column for field in projection.columns for column in columns(field))
    return ProjectionView(
        name=view.name,
        constant=_constant(view),
        source_name=ts_str(view.name),
        comment=ts_sentence(view.description, title(view.name)),
        article="an" if noun[0] in "aeiou" else "a",
        noun=noun,
        noun_plural=" ".join(words(row.table)),
        noun_source=ts_str(noun),
        tag=ts_str(row.collection),
        table=ts_str(row.table),
        indexes=tuple(f"@Index('ix_{row.table}_{name}', ['generation', {ts_str(name)}])" for name in projection.filters),
        key=view.key,
        key_source=ts_str(view.key),
        columns=own,
        column_names=", ".join(ts_str(column.name) for column in own),
        accessors=accessors(projection.columns),
        values=tuple(map(request_field, projection.columns)),
        fields=tuple(map(response_field, view.fields)),
        shown=tuple(_shown(projection)),
        required=", ".join(map(ts_str, projection.required)),
        parts=parts,
        part_pairs=f" {', '.join(f'{part.field}: {part.constant}' for part in parts)} " if parts else "",
        origins=tuple(_origin(view, each) for each in projection.origins),
        origin_names=", ".join(_origin_constant(view, each) for each in projection.origins),
        sources=tuple(_source(projection, each) for each in projection.facts),
        lists=list_queries(projection.operations),
        routes=routes_of(projection.operations),
    )


def _shown(projection: Projection) -> Iterator[str]:
    view = projection.view
    for field in view.fields:
        if field.name in view.lists:
            yield f"{field.name}: shown({_part_constant(view, field.name)}, row.parts[{ts_str(field.name)}])"
        elif field.required:
            yield f"{field.name}: told(row.{field.name})"
        else:
            yield f"{field.name}: row.{field.name}"


def _part_constant(view: View, name: str) -> str:
    return f"{_constant(view)}_{name.upper()}"


def _part(view: View, part: ItemList) -> PartView:
    return PartView(
        constant=_part_constant(view, part.field.name),
        field=part.field.name,
        values=tuple(request_field(field.model_copy(update={"required": False})) for field in part.fields),
        item=part.item,
        required=", ".join(ts_str(field.name) for field in part.fields if field.required),
        limit=part.field.item_limit,
    )


def _origin_constant(view: View, origin: Origin) -> str:
    return f"{_constant(view)}_OF_{snake(origin.into or origin.entity.name).upper()}"


def _origin(view: View, origin: Origin) -> OriginView:
    return OriginView(
        constant=_origin_constant(view, origin),
        name=ts_str(f"{origin.publisher.name}.{origin.entity.name}"),
        call=f"{camel(origin.publisher.name)}.{camel(reading_of(origin, view).id)}",
        key=ts_str(origin.key_attribute),
        attributes=_mapping([(each.target, ts_str(each.attribute)) for each in origin.values], indent=2),
        details=tuple(_details(origin)),
    )


def _details(origin: Origin) -> Iterator[str]:
    if origin.into is not None:
        yield f"into: {ts_str(origin.into)}"
    conditional = [each for each in origin.values if each.states is not None]
    lifecycle = origin.entity.lifecycle
    if lifecycle is not None and (conditional or origin.gone):
        yield f"state: {ts_str(lifecycle.field)}"
    if conditional:
        yield f"toldIn: {_mapping([(each.target, _list(each.states or ())) for each in conditional], indent=2)}"
    if origin.gone:
        yield f"goneIn: {_list(origin.gone)}"


def _source(projection: Projection, fact: Fact) -> str:
    origin = next(each for each in projection.origins if fact in each.facts)
    pairs = [
        ("event", fact.event.name),
        ("origin", _origin_constant(projection.view, origin)),
        ("key", ts_str(fact.key)),
        ("identity", ts_str(fact.identity or "")),
        ("values", _mapping([(each.target, ts_str(each.payload)) for each in fact.values], indent=6)),
        *([("deletes", "true")] if fact.deletes else []),
    ]
    return _mapping(pairs, indent=4)


def _mapping(pairs: Sequence[tuple[str, str]], *, indent: int) -> str:
    """An object, on lines of its own where it is long."""
    entries = [f"{name}: {source}" for name, source in pairs]
    if len(", ".join(entries)) <= INLINE:
        return f"{{ {', '.join(entries)} }}" if entries else "{}"
    space = " " * indent
    return "{\n" + "".join(f"{space}  {entry},\n" for entry in entries) + f"{space}}}"


def _list(names: Sequence[str]) -> str:
    return f"[{', '.join(map(ts_str, names))}]"
