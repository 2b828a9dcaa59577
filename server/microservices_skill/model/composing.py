"""What in a composition cannot be meant, and where each value of its parts comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.clashes import Fault, unique
from microservices_skill.model.composition import INCOMPLETE, Composition, Part
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.service import Action, Service, ValueType


@dataclass(frozen=True, slots=True)
class Asked:
    """A part with every default filled in: whom it asks, what it shows, and which attribute fills each field of that."""

    part: Part
    provider: Service
    operation: wire.Operation
    shown: ValueType
    attributes: dict[str, str]
    """The provider's attribute by the field that it fills; a field that nothing fills is left out."""


def asked_of(architecture: Architecture, service: Service, composition: Composition) -> tuple[Asked, ...]:
    """The parts whose names all resolve, in the model's order."""
    return tuple(found for part in composition.parts if (found := _asked(architecture, service, part)) is not None)


def attribute_for(field: Field, entity: Entity) -> Field | None:
    """The field of an answer that fills a field of a part: the one of its name, or the id for ``order_id`` of an order."""
    wanted = "id" if field.name == entity.reference and not isinstance(entity, wire.ViewRow) else field.name
    return next((each for each in wire.answered_fields(entity) if each.name == wanted), None)


def faults(at: str, composition: Composition, service: Service, architecture: Architecture) -> Iterator[Fault]:
    """Everything about a composition that cannot be meant."""
    yield from unique(f"{at}/parts", [composition.key, INCOMPLETE, *(part.name for part in composition.parts)], what="field")
    if not any(endpoint.entity == composition.name for endpoint in service.endpoints):
        yield at, f"no endpoint reads {composition.name}; add one with action: get and entity: {composition.name}"
    for index, part in enumerate(composition.parts):
        here = f"{at}/parts/{index}"
        yield from _operation(here, part, service, architecture)
        if service.value_type(part.shows) is None:
            known = ", ".join(value.name for value in service.value_types) or "none"
            yield f"{here}/shows", f"there is no value type {part.shows!r} in {service.name}; known: {known}"
        yield from _key(here, part, composition.parts[:index], service)


def reads(at: str, service: Service) -> Iterator[Fault]:
    """Endpoints that would do with a composition what it cannot do."""
    for index, endpoint in enumerate(service.endpoints):
        if service.composition(endpoint.entity) is not None and endpoint.action is not Action.GET:
            said = f"{endpoint.entity} is a composition, which only get reads; each service changes and lists what it keeps"
            yield f"{at}/endpoints/{index}/action", said


def _asked(architecture: Architecture, service: Service, part: Part) -> Asked | None:
    provider, shown = architecture.service(part.service), service.value_type(part.shows)
    operation = _operation_of(provider, part.operation) if provider is not None else None
    if provider is None or shown is None or operation is None:
        return None
    found = {field.name: source.name for field in shown.fields if (source := attribute_for(field, operation.entity)) is not None}
    return Asked(part, provider, operation, shown, found)


def _operation_of(provider: Service, name: str) -> wire.Operation | None:
    return next((each for each in wire.operations(provider) if each.id == name), None)


def _operation(at: str, part: Part, service: Service, architecture: Architecture) -> Iterator[Fault]:
    provider = architecture.service(part.service)
    if provider is None or provider.name == service.name:
        others = ", ".join(sorted(dependency.to for dependency in service.dependencies)) or "none"
        yield f"{at}/service", f"{part.service!r} is no other service that {service.name} depends on; known: {others}"
        return
    operation = _operation_of(provider, part.operation)
    if operation is None:
        offered = ", ".join(each.id for each in wire.operations(provider) if not each.action.is_mutation) or "none"
        yield f"{at}/operation", f"{provider.name} has no operation {part.operation!r}; it reads by: {offered}"
        return
    dependency = next((each for each in service.dependencies if each.to == part.service), None)
    if dependency is None or part.operation not in dependency.operations:
        said = f"{service.name} does not depend on {part.operation} of {provider.name}; add it to the operations of a dependency"
        yield f"{at}/operation", f"{said}, which says how long to wait and when to stop asking"
    if operation.action is Action.GET and part.is_list:
        yield f"{at}/filter", f"{operation.id} gets one, so there is nothing to filter; remove filter"
    elif operation.action is Action.LIST and (filtered := _filter(operation, part)) is not None:
        yield f"{at}/filter", filtered
    elif operation.action not in (Action.GET, Action.LIST):
        yield f"{at}/operation", f"{operation.id} changes something; a composition only reads"


def _filter(operation: wire.Operation, part: Part) -> str | None:
    """What is wrong with the filter that a list is asked by."""
    fitting = ", ".join(field.name for field in operation.filters if field.type is FieldType.UUID) or "none"
    if part.filter is None:
        return f"{operation.id} lists many; name the filter that the key goes into; known: {fitting}"
    field = next((each for each in operation.filters if each.name == part.filter), None)
    if field is None or field.type is not FieldType.UUID:
        return f"{operation.id} has no filter {part.filter!r} that is a uuid; known: {fitting}"
    return None


def _key(at: str, part: Part, earlier: tuple[Part, ...], service: Service) -> Iterator[Fault]:
    if part.key is None:
        return
    source = next((each for each in earlier if each.name == part.after), None)
    if source is None or source.is_list:
        fitting = ", ".join(each.name for each in earlier if not each.is_list) or "none"
        yield f"{at}/key", f"{part.after!r} is no earlier part that shows one thing; known: {fitting}"
        return
    value = service.value_type(source.shows)
    field = next((each for each in value.fields if each.name == part.key_field), None) if value is not None else None
    if value is not None and (field is None or field.type is not FieldType.UUID):
        fitting = ", ".join(each.name for each in value.fields if each.type is FieldType.UUID) or "none"
        yield f"{at}/key", f"{value.name} has no uuid {part.key_field!r}; known: {fitting}"
    elif part.required and not (source.required and field is not None and field.required):
        said = f"{part.name} cannot be asked for without {part.key}, which may be missing"
        yield f"{at}/required", f"{said}; require that too, or remove required"
