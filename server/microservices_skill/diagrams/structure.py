"""What services keep, and the states that it goes through."""

from __future__ import annotations

from microservices_skill.diagrams.escaping import alias, label
from microservices_skill.model.entity import Entity, Lifecycle
from microservices_skill.model.service import Service


def states(lifecycle: Lifecycle) -> str:
    """A lifecycle as a state machine."""
    lines = ["stateDiagram-v2", f"  [*] --> {alias(lifecycle.initial)}"]
    left = set()
    for transition in lifecycle.transitions:
        for source in transition.sources:
            left.add(source)
            lines.append(f"  {alias(source)} --> {alias(transition.to)}: {label(transition.name)}")
    lines += [f"  {alias(state)} --> [*]" for state in lifecycle.states if state not in left]
    return "\n".join(lines) + "\n"


def data(service: Service) -> str:
    """The entities of a service and how they refer to each other, and its views."""
    lines = ["erDiagram"]
    for entity in service.entities:
        lines.append(f"  {entity.name} {{")
        lines.append("    uuid id PK")
        lines += [_column(entity, field.name) for field in entity.fields]
        lines.append("  }")
    for view in service.views:
        lines += [f"  {view.name} {{", f"    uuid {view.key} PK", *(f"    {field.type} {field.name}" for field in view.fields), "  }"]
    for entity in service.entities:
        for field in entity.fields:
            if field.references is not None:
                lines.append(f'  {field.references} ||--o{{ {entity.name} : "{label(field.name)}"')
    return "\n".join(lines) + "\n"


def _column(entity: Entity, name: str) -> str:
    field = entity.field(name)
    if field is None:
        return ""
    marks = "FK" if field.references is not None else "UK" if field.unique else ""
    return f"    {field.type} {name} {marks}".rstrip()
