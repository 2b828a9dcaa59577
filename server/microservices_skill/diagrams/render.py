"""Every diagram of an architecture, as Mermaid text by name."""

from __future__ import annotations

from microservices_skill.diagrams import c4, flows, structure, trust
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import kebab


def diagrams(architecture: Architecture) -> dict[str, str]:
    """``context``, ``containers``, ``trust-boundaries``, ``events``, ``saga-<name>``, ``states-<service>-<entity>``, ``data-<service>``."""
    found = {"context": c4.context(architecture), "containers": c4.containers(architecture)}
    found["trust-boundaries"] = trust.boundaries(architecture)
    if architecture.events:
        found["events"] = flows.events(architecture)
    for saga in architecture.sagas:
        found[f"saga-{kebab(saga.name)}"] = flows.saga(architecture, saga)
    for service in architecture.services:
        if service.entities or service.views:
            found[f"data-{service.name}"] = structure.data(service)
        for entity in service.entities:
            if entity.lifecycle is not None:
                found[f"states-{service.name}-{kebab(entity.name)}"] = structure.states(entity.lifecycle)
    return found
