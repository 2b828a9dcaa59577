"""The page on personal data: what lies where, where it goes, and what erasure of one person touches."""

from __future__ import annotations

from microservices_skill.markdown import bullets, document, md_text, section, table
from microservices_skill.model import erasure
from microservices_skill.model.architecture import Architecture
from microservices_skill.security.personal_data import PRIVACY, Datum, Subject, data, subjects, unclassified

PAGE = "docs/security/personal-data.md"
TO_FILL = "_to be filled in_"


def page(architecture: Architecture) -> str:
    """``docs/security/personal-data.md``."""
    found = data(architecture)
    named = sorted(each.upper() for each in PRIVACY & set(architecture.system.requirements.regulations))
    outside = _outside(architecture, found)
    law = f"; the answers name {', '.join(named)}" if named else ""
    hidden = [f"{service}, {holder}.{field}" for service, holder, field in unclassified(architecture)]
    return document(
        f"Personal data of {md_text(architecture.system.title or architecture.system.name)}",
        f"Generated from the classification of fields{law}. It is the part of a record"
        " of processing (GDPR, Art. 30) that the architecture knows. Purpose, legal basis and retention are the team's to say: keep them"
        " in a page of your own beside this one, a row for each row here.",
        section("Where it lies", _where(found)),
        section("Where it goes", _goes(found)),
        section("Outside the system", "Say which of the data each gets.", outside) if outside else "",
        section(
            "Maybe personal, and not classified",
            "Classify these fields, so that logs mask them and this page knows them, or leave them where they are none.",
            bullets(map(md_text, hidden)),
        )
        if hidden
        else "",
        section("Erasure and access", *_erasure(architecture, subjects(architecture))),
    )


def _where(found: tuple[Datum, ...]) -> str:
    if not found:
        return "No field is classified as personal, health or card data."
    rows = [(each.service, f"{each.holder}.{md_text(each.field)}", str(each.classification), TO_FILL, TO_FILL, TO_FILL) for each in found]
    return table(("Service", "Field", "Class", "Purpose", "Legal basis", "Retention"), rows)


def _goes(found: tuple[Datum, ...]) -> str:
    rows = [
        (each.service, f"{each.holder}.{md_text(each.field)}", message, ", ".join(receivers) or "nobody")
        for each in found
        for message, receivers in each.messages
    ]
    return table(("From", "Field", "Message", "To"), rows) if rows else "No message carries such a field."


def _outside(architecture: Architecture, found: tuple[Datum, ...]) -> str:
    """Who is not us and may be told: processors and recipients, with whom there must be a contract."""
    holding = {each.service for each in found}
    called = [
        f"{service.name} calls {call.to}: {md_text(call.purpose) or 'no purpose is given'}"
        for service in architecture.services
        for call in service.dependencies
        if service.name in holding and call.to in architecture.externals_by_name
    ]
    told = [f"{each.name} goes to {md_text(consumer)}" for each in architecture.events for consumer in each.external_consumers]
    return bullets([*called, *told])


def _erasure(architecture: Architecture, found: tuple[Subject, ...]) -> list[str]:
    rows = [(md_text(each.reference), ", ".join(f"{service}: {holder}" for service, holder in each.holders)) for each in found]
    sourced = [f"{service.name}: {each.name}" for service in architecture.services for each in service.entities if each.is_event_sourced]
    parts = ["An answer to one person, or its erasure, must reach every service that keeps something under the same identity."]
    parts.append(table(("Identity", "Kept by"), rows) if rows else "No identity is shared by services that keep personal data.")
    copies = [
        "Messages in queues and in tables of outbox and inbox, which are emptied after `RETENTION_HOURS`.",
        "Backups, until they are replaced: ask for the erasures of that time again after a restore.",
    ]
    copies += [
        f"The view {view.name} of {service.name}: `rebuild` makes it anew from what its sources keep after the erasure."
        for service in architecture.services
        for view in service.views
        if any(field.classification.is_sensitive for field in view.fields)
    ]
    if sourced:
        copies.append(f"Event streams that are never changed, of {', '.join(sourced)}: keep personal data outside or encrypt it by person.")
    parts += _sagas(architecture)
    parts.append(f"Beside these:\n\n{bullets(copies)}")
    return parts


def _sagas(architecture: Architecture) -> list[str]:
    """Which saga erases what, in its order, and what stays."""
    parts = []
    for each in architecture.orchestrations:
        erasing = [part for part in each.parts if part.erases]
        if not erasing:
            continue
        rows = [
            (
                part.step.name,
                part.service.name,
                part.operation.entity.name,
                ", ".join(md_text(field.name) for field in erasure.erased_fields(part.service, part.operation.entity)),
            )
            for part in erasing
        ]
        parts.append(
            f"`{each.saga.starts_with}` of {each.coordinator.name} starts **{each.saga.name}**. It cannot be taken back: each step is"
            " repeated until it is done, an operator is called when that is in vain, and `/sagas` shows what was erased where and when,"
            " without any of it. Rows stay, with blanks in their place; kept answers and published messages that name the person go."
        )
        parts.append(table(("Step", "Service", "Of", "Fields"), rows))
    kept = [
        f"{service.name}: {entity.name}.{md_text(field.name)}, by {md_text(field.kept_by)}"
        for service in architecture.services
        for entity in service.entities
        for field in entity.fields
        if field.kept_by
    ]
    if kept:
        parts.append(f"Kept all the same:\n\n{bullets(kept)}")
    return parts
