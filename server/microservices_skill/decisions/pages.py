"""The pages beside ADR-001: one decision each, and one for each service."""

from __future__ import annotations

from microservices_skill.decisions.overview import policy
from microservices_skill.decisions.sources import sources_for
from microservices_skill.markdown import bullets, document, md_text, section, slug, table
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.composition import Composition
from microservices_skill.model.fields import Field, FieldType, Shape
from microservices_skill.model.messaging import Event
from microservices_skill.model.projection import origins_of
from microservices_skill.model.service import Service
from microservices_skill.model.system import Decision
from microservices_skill.model.types import format_duration
from microservices_skill.model.view import View


def file_name(record: Decision) -> str:
    """``ADR-002-a-database-for-each-owner-of-data.md``."""
    return f"{record.id}-{slug(record.title)}.md"


def decision(record: Decision, records: dict[str, Decision]) -> str:
    """A short decision record (Nygard)."""
    return document(
        f"{record.id}: {md_text(record.title)}",
        section("Status", status(record, records)),
        section("Context", md_text(record.context)) if record.context else "",
        section("Decision", md_text(record.choice), bullets(md_text(reason) for reason in record.reasons)),
        section("Alternatives", bullets(md_text(each) for each in record.alternatives)) if record.alternatives else "",
        section("Consequences", bullets(md_text(each) for each in record.consequences)) if record.consequences else "",
        section("Sources", bullets(md_text(source) for source in record.sources or sources_for(f"{record.title} {record.choice}"))),
    )


def status(record: Decision, records: dict[str, Decision]) -> str:
    """Where the decision stands, with links to what it replaced and what replaced it."""
    parts = [str(record.status).capitalize()]
    if record.superseded_by is not None and record.superseded_by in records:
        newer = records[record.superseded_by]
        parts.append(f"superseded by [{newer.id}]({file_name(newer)})")
    older = [each for each in records.values() if each.superseded_by == record.id]
    parts += [f"supersedes [{each.id}]({file_name(each)})" for each in older]
    return ", ".join(parts)


def specification(architecture: Architecture, service: Service) -> str:
    """What a service offers, tells, hears, calls and keeps."""
    heard = [
        (subscription.event, str(subscription.action), subscription.entity, subscription.transition or "")
        for subscription in service.subscriptions
    ]
    calls = [(call.to, md_text(call.purpose), ", ".join(call.operations), *policy(call)) for call in service.dependencies]
    published = [event for newest in architecture.published_by(service.name) for event in architecture.versions(newest.name)]
    return document(
        f"Service {service.name}",
        md_text(service.responsibility),
        section("Operations", _operations(service)),
        section("Publishes", *(_event(architecture, event) for event in published)) if published else "",
        section("Reacts to", table(("Event", "Action", "Entity", "Transition"), heard)) if heard else "",
        section("Calls", table(("Callee", "Why", "Operations", "Timeout", "Tries", "Breaker", "At once", "When it fails"), calls))
        if calls
        else "",
        section("Keeps", *_entities(service)),
        section("Shows", *(_view(architecture, service, view) for view in service.views)) if service.views else "",
        section("Puts together", *map(_composition, service.compositions)) if service.compositions else "",
    )


def _operations(service: Service) -> str:
    rows = [
        (
            f"`{operation.id}`",
            f"`{operation.method} {operation.path}`",
            md_text(operation.summary),
            f"`{operation.endpoint.scope}`" if operation.endpoint.scope else "any token" if operation.endpoint.auth else "open",
            "yes" if operation.needs_idempotency_key else "",
            ", ".join(operation.endpoint.publishes),
        )
        for operation in wire.operations(service)
    ]
    return (
        table(("Operation", "Route", "What", "Scope", "Idempotency-Key", "Publishes"), rows) if rows else "None: it only reacts to events."
    )


def _event(architecture: Architecture, event: Event) -> str:
    rows = [(f"`{field.name}`", shown(field), "yes" if field.required else "", str(field.classification)) for field in event.payload]
    newest = architecture.versions(event.name)[0]
    is_older = newest.version > event.version
    about = f"deprecated, told beside v{newest.version} until its last reader has moved" if is_older else md_text(event.description)
    return f"**{event.name} v{event.version}**{f': {about}' if about else ''}\n\n" + table(
        ("Field", "Type", "Required", "Classification"), rows
    )


def _entities(service: Service) -> list[str]:
    parts = []
    for entity in service.entities:
        rows = [(f"`{field.name}`", shown(field), "yes" if field.required else "", md_text(_notes(field))) for field in entity.fields]
        about = md_text(entity.description)
        kept = ", as the sum of its events" if entity.is_event_sourced else ""
        parts.append(f"**{entity.name}**{kept}{f': {about}' if about else ''}\n\n" + table(("Field", "Type", "Required", "Notes"), rows))
        if entity.lifecycle is not None:
            steps = [
                (transition.name, ", ".join(transition.sources), transition.to, ", ".join(transition.publishes))
                for transition in entity.lifecycle.transitions
            ]
            parts.append(table(("Transition", "From", "To", "Publishes"), steps))
    return parts


def _view(architecture: Architecture, service: Service, view: View) -> str:
    fills = {
        (origin.into, value.target): f"{value.attribute} of {origin.entity.name} in {origin.publisher.name}"
        for origin in origins_of(architecture, service, view)
        for value in origin.values
    }
    rows = [(f"`{view.key}`", "uuid", "yes", "the key")]
    for field in view.fields:
        listed = {source.partition(" of ")[2] for (into, _), source in fills.items() if into == field.name}
        source = f"each {' and '.join(sorted(listed))}" if listed else fills.get((None, field.name), "")
        rows.append((f"`{field.name}`", shown(field), "yes" if field.required else "", md_text(source)))
    events = ", ".join(source.event for source in view.sources)
    about = md_text(view.description)
    head = f"**{view.name}**{f': {about}' if about else ''}"
    return f"{head}\n\n{table(('Field', 'Type', 'Required', 'From'), rows)}\n\nFed by {events}."


def _composition(composition: Composition) -> str:
    rows = [
        (
            f"`{part.name}`",
            f"{'list of ' if part.is_list else ''}{part.shows}",
            "yes" if part.required else "",
            f"`{part.operation}` of {part.service}, by {part.filter or part.key or composition.key}",
        )
        for part in composition.parts
    ]
    about = md_text(composition.description)
    head = f"**{composition.name}**{f': {about}' if about else ''}"
    return f"{head}\n\n{table(('Part', 'Shows', 'Required', 'From'), rows)}\n\nWithin {format_duration(composition.budget)}."


def shown(shape: Shape) -> str:
    """A type as people write it."""
    match shape.type:
        case FieldType.LIST:
            return f"list of {shown(shape.items)}" if shape.items is not None else "list"
        case FieldType.OBJECT:
            return str(shape.object)
        case FieldType.ENUM:
            return f"one of {', '.join(shape.values)}"
        case FieldType.DECIMAL:
            return f"decimal({shape.digits[0]}, {shape.digits[1]})"
        case _:
            return str(shape.type)


def _notes(field: Field) -> str:
    flags = [name for name, is_set in (("unique", field.unique), ("never changes", field.immutable)) if is_set]
    if field.references is not None:
        flags.append(f"refers to {field.references}")
    if field.classification.is_sensitive:
        flags.append(f"{field.classification} data")
    return "; ".join([*flags, *([field.description] if field.description else [])])
