"""The tables that the model asks for: of entities, of views, and of what makes messages, sagas and streams safe."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.evolution.schema import Column, Index, Kind, Reference, Schema, Table
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.service import Service
from microservices_skill.model.view import View

_KINDS = {
    FieldType.STRING: Kind.STRING,
    FieldType.EMAIL: Kind.STRING,
    FieldType.ENUM: Kind.STRING,
    FieldType.TEXT: Kind.TEXT,
    FieldType.INTEGER: Kind.BIGINT,
    FieldType.NUMBER: Kind.DOUBLE,
    FieldType.DECIMAL: Kind.DECIMAL,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.UUID: Kind.UUID,
    FieldType.DATE: Kind.DATE,
    FieldType.DATETIME: Kind.MOMENT,
    FieldType.OBJECT: Kind.JSON,
    FieldType.LIST: Kind.JSON,
}
_ENUM_LENGTH = 40


def schema_of(architecture: Architecture, service: Service) -> Schema:
    """Every table of a service."""
    own = (_entity_table(each, service) for each in _ordered(service))
    views = (_view_table(each, service) for each in service.views)
    return Schema(tables=(*own, *views, *_messaging(), *_infrastructure(architecture, service)))


def former_tables(service: Service) -> dict[str, str]:
    """The former name of each renamed entity, by the name of its table."""
    return {each.table: each.formerly for each in service.entities if each.formerly is not None}


def former_columns(service: Service) -> dict[tuple[str, str], str]:
    """The former name of each renamed column, by its table and its name."""
    found: dict[tuple[str, str], str] = {}
    holders = [(each.table, each.fields) for each in service.entities] + [(wire.row_of(each).table, each.fields) for each in service.views]
    for table, fields in holders:
        for field in fields:
            if field.formerly is not None:
                renamed = field.model_copy(update={"name": field.formerly})
                pairs = zip(_columns(field), _columns(renamed), strict=True)
                found |= {(table, new.name): old.name for new, old in pairs}
    return found


def _ordered(service: Service) -> list[Entity]:
    """Entities such that each stands after those that it refers to (as far as references are not circular)."""
    waiting = {entity.name: entity for entity in service.entities}
    done: list[Entity] = []
    while waiting:
        ready = [each for each in waiting.values() if not ({field.references for field in each.fields} - {each.name}) & set(waiting)]
        done += [waiting.pop(each.name) for each in ready or list(waiting.values())]
    return done


def _entity_table(entity: Entity, service: Service) -> Table:
    state, unreferred = wire.state_field(entity), {each.name for each in entity.fields if each.references is None}
    columns = [_uuid("id"), _integer("version"), _moment("created_at"), _moment("updated_at")]
    columns += [column for field in entity.fields for column in _columns(field)]
    indexes = [Index(columns=(each.name,)) for each in entity.fields if each.name not in unreferred]
    if state is not None and entity.lifecycle is not None:
        columns.append(_string(state.name, _ENUM_LENGTH).model_copy(update={"fill": entity.lifecycle.initial}))
        indexes.append(Index(columns=(state.name,)))
    targets = ((each.name, service.entity(each.references)) for each in entity.fields if each.references is not None)
    return Table(
        name=entity.table,
        entity=entity.name,
        columns=tuple(columns),
        primary_key=("id",),
        unique=tuple(each.name for each in entity.fields if each.unique),
        references=tuple(Reference(column=name, table=target.table) for name, target in targets if target is not None),
        indexes=tuple(indexes),
    )


def _view_table(view: View, service: Service) -> Table:
    table = wire.row_of(view).table
    operations = (each for each in wire.operations(service) if each.is_on_view and each.entity.name == view.name)
    filters = sorted({field.name for operation in operations for field in operation.filters})
    own = [field.model_copy(update={"required": False}) for field in view.fields if field.name not in view.lists]
    return Table(
        name=table,
        entity=view.name,
        columns=(
            *(_uuid(view.key), _integer("generation"), _moment("as_of"), Column(name="is_visible", kind=Kind.BOOLEAN)),
            *(_moment("deleted_at", nullable=True), _json("positions"), _json("parts")),
            *(column for field in own for column in _columns(field)),
        ),
        primary_key=("generation", view.key),
        indexes=tuple(Index(columns=("generation", name), called=name) for name in filters),
    )


def _columns(field: Field) -> list[Column]:
    null = not field.required
    if field.type is FieldType.MONEY:
        units = Column(name=f"{field.name}_minor_units", kind=Kind.BIGINT, nullable=null, fill=None if null else "0")
        return [units, Column(name=f"{field.name}_currency", kind=Kind.STRING, length=3, nullable=null, fill=None if null else "XXX")]
    kind = _KINDS[field.type]
    length = field.length_limit if field.type in (FieldType.STRING, FieldType.EMAIL) else _ENUM_LENGTH
    precision, scale = field.digits
    return [
        Column(
            name=field.name,
            kind=kind,
            length=length if kind is Kind.STRING else None,
            precision=precision if kind is Kind.DECIMAL else None,
            scale=scale if kind is Kind.DECIMAL else None,
            nullable=null,
            fill=None if null else fill_of(field),
        )
    ]


def fill_of(field: Field) -> str | None:  # noqa: PLR0911 - one for each type
    """The value that rows get which were there before a required field: the mildest one that its limits allow, if any is neutral."""
    if field.unique or field.references is not None or field.pattern is not None:
        return None
    match field.type:
        case FieldType.STRING | FieldType.TEXT:
            return "-" * (field.min_length or 0)
        case FieldType.INTEGER | FieldType.NUMBER | FieldType.DECIMAL:
            return str(max(field.minimum or 0, 0) if field.maximum is None else min(max(field.minimum or 0, 0), field.maximum))
        case FieldType.BOOLEAN:
            return "false"
        case FieldType.ENUM:
            return field.values[0]
        case FieldType.UUID:
            return "00000000-0000-0000-0000-000000000000"
        case FieldType.DATE:
            return "1970-01-01"
        case FieldType.DATETIME:
            return "1970-01-01T00:00:00Z"
        case FieldType.LIST if not field.min_items:
            return "[]"
        case _:
            return None


def _messaging() -> Iterator[Table]:
    yield Table(
        name="outbox_messages",
        columns=(
            *(_serial("position"), _uuid("id"), _string("event_type", 200), _string("ordering_key", 300)),
            *(Column(name="envelope", kind=Kind.BYTES), _moment("created_at"), _moment("available_at")),
            *(_moment("published_at", nullable=True), _integer("attempts")),
        ),
        primary_key=("position",),
        unique=("id",),
        indexes=(Index(columns=("ordering_key", "position"), where="published_at IS NULL", called="pending"),),
    )
    yield Table(
        name="inbox_messages",
        columns=(_string("consumer", 120), _uuid("message_id"), _moment("received_at")),
        primary_key=("consumer", "message_id"),
        indexes=(Index(columns=("received_at",)),),
    )
    yield Table(
        name="idempotency_keys",
        columns=(
            *(_string("scope", 300), _string("key", 255), _string("fingerprint", 64), _moment("created_at")),
            *(Column(name="status", kind=Kind.INTEGER, nullable=True), Column(name="headers", kind=Kind.HEADERS, nullable=True)),
            Column(name="body", kind=Kind.TEXT, nullable=True),
        ),
        primary_key=("scope", "key"),
        indexes=(Index(columns=("created_at",)),),
    )


def _infrastructure(architecture: Architecture, service: Service) -> Iterator[Table]:
    watches = any(each.coordinator.name == service.name for each in architecture.choreographies)
    if watches or any(each.coordinator.name == service.name for each in architecture.orchestrations):
        yield from _saga_runs()
    if watches:
        yield Table(
            name="saga_steps",
            columns=(_uuid("saga_id"), _string("step", 60), _string("state", 20), _moment("due_at", nullable=True)),
            primary_key=("saga_id", "step"),
        )
    parts = (part.service for each in architecture.orchestrations for part in each.parts)
    reactions = (each.service for saga in architecture.choreographies for each in saga.reactions)
    if any(each.name == service.name for each in (*parts, *reactions)):
        yield Table(
            name="saga_participations",
            columns=(
                *(_uuid("saga_id"), _string("step", 120), _string("state", 20), _uuid("entity_id", nullable=True)),
                *(_string("reason", 500, nullable=True), _moment("created_at")),
            ),
            primary_key=("saga_id", "step"),
            indexes=(Index(columns=("created_at",)),),
        )
    if service.views:
        yield Table(
            name="view_generations",
            columns=(_string("view", 50), _integer("active"), Column(name="building", kind=Kind.INTEGER, nullable=True)),
            primary_key=("view",),
        )
    if any(each.is_event_sourced for each in service.entities):
        yield from _streams()


def _saga_runs() -> Iterator[Table]:
    yield Table(
        name="sagas",
        columns=(
            *(_uuid("id"), _string("saga", 120), _uuid("entity_id"), _string("state", 20), _string("step", 60)),
            *(Column(name="is_backward", kind=Kind.BOOLEAN), _integer("attempts"), _moment("due_at", nullable=True), _moment("ends_at")),
            *(_string("reason", 500, nullable=True), _string("traceparent", 60, nullable=True)),
            *(_moment("created_at"), _moment("updated_at")),
        ),
        primary_key=("id",),
        indexes=(Index(columns=("entity_id",)), Index(columns=("state",)), Index(columns=("due_at",))),
    )
    yield Table(
        name="saga_entries",
        columns=(
            *(_serial("position"), _uuid("saga_id"), _moment("at"), _string("step", 60, nullable=True), _string("what", 40)),
            *(_string("reason", 500, nullable=True), _string("actor", 300, nullable=True)),
        ),
        primary_key=("position",),
        indexes=(Index(columns=("saga_id",)),),
    )


def _streams() -> Iterator[Table]:
    yield Table(
        name="stream_events",
        columns=(
            *(_uuid("stream_id"), _integer("version"), _string("stream", 50), _string("type", 120), _integer("schema_version")),
            *(_json("data"), _moment("recorded_at"), _string("traceparent", 60, nullable=True)),
        ),
        primary_key=("stream_id", "version"),
        indexes=(Index(columns=("stream",)),),
        append_only=True,
    )
    yield Table(
        name="stream_snapshots",
        columns=(
            *(_uuid("stream_id"), _integer("version"), _integer("schema_version"), _json("data")),
            *(_moment("created_at"), _moment("updated_at")),
        ),
        primary_key=("stream_id",),
    )


def _uuid(name: str, *, nullable: bool = False) -> Column:
    return Column(name=name, kind=Kind.UUID, nullable=nullable)


def _integer(name: str) -> Column:
    return Column(name=name, kind=Kind.INTEGER)


def _moment(name: str, *, nullable: bool = False) -> Column:
    return Column(name=name, kind=Kind.MOMENT, nullable=nullable)


def _json(name: str) -> Column:
    return Column(name=name, kind=Kind.JSON)


def _serial(name: str) -> Column:
    return Column(name=name, kind=Kind.SERIAL)


def _string(name: str, length: int, *, nullable: bool = False) -> Column:
    return Column(name=name, kind=Kind.STRING, length=length, nullable=nullable)
