"""What in a view cannot be meant: names that do not resolve, and values that could not be told apart."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.clashes import Fault, unique
from microservices_skill.model.fields import FieldType
from microservices_skill.model.projection import Fact, entities_telling, facts_of, item_fields
from microservices_skill.model.service import Service
from microservices_skill.model.view import View, ViewSource

#: What each row of a view has beside its fields.
BOOKKEEPING = ("generation", "as_of", "is_visible", "deleted_at", "positions", "parts", "limit", "cursor")


def faults(at: str, view: View, service: Service, architecture: Architecture) -> Iterator[Fault]:
    """Everything about a view that cannot be meant."""
    yield from unique(f"{at}/fields", [view.key, *BOOKKEEPING, *(field.name for field in view.fields)], what="column")
    for index, field in enumerate(view.fields):
        here = f"{at}/fields/{index}"
        for name, is_set in (("unique", field.unique), ("immutable", field.immutable), ("references", field.references is not None)):
            if is_set:
                yield f"{here}/{name}", f"a view only shows what its sources keep; remove {name}"
    if not any(endpoint.entity == view.name for endpoint in service.endpoints):
        yield at, f"no endpoint reads {view.name}; add one with action: get or list and entity: {view.name}"
    used = [f"{source.event} for {source.into or 'the row'}" for source in view.sources]
    yield from unique(f"{at}/sources", used, what="source")
    for index, source in enumerate(view.sources):
        yield from _source(f"{at}/sources/{index}", source, view, service, architecture)
    facts = facts_of(architecture, service, view)
    for fact in facts:
        yield from _fact(f"{at}/sources/{fact.place}", fact, view, service)
    yield from _owners(at, facts)


def writes(at: str, service: Service) -> Iterator[Fault]:
    """Endpoints that would change a view."""
    for index, endpoint in enumerate(service.endpoints):
        if service.view(endpoint.entity) is not None and endpoint.action.is_mutation:
            yield f"{at}/endpoints/{index}/action", f"{endpoint.entity} is a view, which only get and list read; its sources change it"


def _source(at: str, source: ViewSource, view: View, service: Service, architecture: Architecture) -> Iterator[Fault]:
    event = architecture.event(source.event)
    if event is None:
        yield f"{at}/event", f"there is no event {source.event!r}; known: {', '.join(sorted(architecture.events_by_name)[:12]) or 'none'}"
        return
    publisher = architecture.service(event.publisher)
    telling = entities_telling(publisher, event.name) if publisher is not None else ()
    if publisher is not None and len(telling) != 1:
        named = " and ".join(entity.name for entity in telling) or "no entity"
        yield f"{at}/event", f"{event.name} tells of {named} of {publisher.name}; a view needs events that tell of exactly one"
    targets = {field.name for field in view.fields} - set(view.lists)
    if source.into is not None:
        targets = {field.name for field in item_fields(service, view, source.into)}
        if not targets:
            yield f"{at}/into", f"{source.into!r} is no list of objects in {view.name}; name a field of type list whose items are objects"
            return
    key = event.field(source.key or view.key)
    if key is None or key.type is not FieldType.UUID or not key.required:
        name = source.key or view.key
        yield at, f"{event.name} has no required uuid {name!r} to find the row of {view.name} by; name its field in key"
    for position, mapping in enumerate(source.set):
        if mapping.field not in targets:
            yield f"{at}/set/{position}/field", f"there is no {mapping.field!r} to set; known: {', '.join(sorted(targets))}"
        if event.field(mapping.source) is None:
            known = ", ".join(field.name for field in event.payload)
            yield f"{at}/set/{position}/source", f"{event.name} has no field {mapping.source!r}; known: {known}"


def _fact(at: str, fact: Fact, view: View, service: Service) -> Iterator[Fault]:
    name, event = fact.entity.name, fact.event.name
    if fact.publisher.name == service.name:
        yield f"{at}/event", f"{service.name} keeps {name} itself; a view shows entities of other services, so query {name} directly"
    if fact.identity is None:
        yield (
            at,
            f"{event} does not carry the id of its {name}, which tells one from another; add a payload field with source: id",
        )
    if fact.key_attribute is None:
        return
    held = fact.entity.field(fact.key_attribute)
    if fact.key_attribute != "id" and (held is None or not held.immutable):
        yield at, f"{fact.key_attribute} of {name} may change, and {view.name} would keep what it had; make that field immutable"
    if fact.source.into is None and fact.key_attribute != "id" and held is not None and not held.unique:
        yield at, f"many {name} may have one {fact.key_attribute}, so {event} cannot fill a field of one row; use into: a list of objects"
    if fact.source.into is not None and fact.key_attribute == "id":
        yield f"{at}/into", f"there is one {name} for a row, so nothing to list; remove into"


def _owners(at: str, facts: tuple[Fact, ...]) -> Iterator[Fault]:
    """Each value comes from one attribute of one entity, or a later event could not be told from an earlier one."""
    owners: dict[tuple[str | None, str], tuple[Fact, str]] = {}
    lists: dict[str, Fact] = {}
    keys: dict[tuple[str, str, str | None], Fact] = {}
    for fact in facts:
        here = f"{at}/sources/{fact.place}"
        into = fact.source.into
        other = lists.setdefault(into, fact) if into is not None else fact
        if other.origin != fact.origin:
            yield (
                f"{here}/into",
                f"{into} already lists {other.entity.name} of {other.publisher.name}; give {fact.entity.name} its own list",
            )
        same = keys.setdefault(fact.origin, fact)
        if same.key_attribute != fact.key_attribute:
            yield here, f"{same.event.name} finds the row by {same.key_attribute} of {fact.entity.name}; use the same here"
        for value in fact.values:
            owner, attribute = owners.setdefault((into, value.target), (fact, value.attribute))
            if (owner.origin, attribute) != (fact.origin, value.attribute):
                first = f"{value.target} comes from {attribute} of {owner.entity.name} by {owner.event.name}"
                yield here, f"{first} and from {value.attribute} of {fact.entity.name} here; let one entity's field fill it"
