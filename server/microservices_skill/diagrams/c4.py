"""The system from outside, and its parts (Brown, C4 model)."""

from __future__ import annotations

from microservices_skill.diagrams.escaping import alias, label
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Exposure


def context(architecture: Architecture) -> str:
    """Who uses the system, and what it uses."""
    system = architecture.system
    lines = [
        "C4Context",
        f"  title {label(system.title or system.name)}",
        f'  Person(user, "User", "{label(system.domain)}")',
        f'  System({alias(system.name)}, "{label(system.name)}", "{label(system.domain)}")',
    ]
    lines += [f'  System_Ext({alias(each.name)}, "{label(each.name)}", "{label(each.description)}")' for each in architecture.externals]
    lines.append(f'  Rel(user, {alias(system.name)}, "uses", "HTTPS")')
    called = sorted({call.to for service in architecture.services for call in service.dependencies} & set(architecture.externals_by_name))
    lines += [f'  Rel({alias(system.name)}, {alias(name)}, "calls", "HTTPS")' for name in called]
    return _text(lines)


def containers(architecture: Architecture) -> str:
    """Services, stores, broker, and what flows between them."""
    system = architecture.system
    lines = [
        "C4Container",
        f"  title {label(system.name)} containers",
        '  Person(user, "User")',
        f'  System_Boundary(system, "{label(system.name)}") {{',
    ]
    for service in architecture.services:
        about = f'"{label(service.name)}", "{service.language}", "{label(service.responsibility)}"'
        lines.append(f"    Container({alias(service.name)}, {about})")
        for name in service.stores:
            store = architecture.stores_by_name[name]
            lines.append(f'    ContainerDb({alias(name)}, "{label(name)}", "{store.kind}")')
    if architecture.events:
        lines.append(f'    ContainerQueue(broker, "{system.platform.broker}", "events")')
    lines.append("  }")
    lines += [f'  System_Ext({alias(each.name)}, "{label(each.name)}")' for each in architecture.externals]
    lines += _relations(architecture)
    return _text(lines)


def _relations(architecture: Architecture) -> list[str]:
    lines = []
    for service in architecture.services:
        name = alias(service.name)
        if service.exposure is Exposure.PUBLIC:
            lines.append(f'  Rel(user, {name}, "uses", "HTTPS")')
        lines += [f'  Rel({name}, {alias(store)}, "reads and writes")' for store in service.stores]
        lines += [f'  Rel({name}, {alias(call.to)}, "{label(call.purpose)}", "{call.protocol}")' for call in service.dependencies]
        if architecture.published_by(service.name):
            lines.append(f'  Rel({name}, broker, "publishes")')
        if service.subscriptions:
            lines.append(f'  Rel(broker, {name}, "delivers")')
    return lines


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
