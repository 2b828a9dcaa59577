"""Which tokens a service needs for the operations that it calls: no scope more than those ask for (least privilege)."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency, Protocol
from microservices_skill.model.service import Service

OPERATOR_SCOPES = ("sagas:operate", "sagas:read")
"""What people need who look after the runs of sagas."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service may do at another: the audience of its token, the scopes in it, and the operations that ask for them."""

    audience: str
    scopes: tuple[str, ...]
    operations: tuple[str, ...]


def grants_of(architecture: Architecture, service: Service) -> tuple[Grant, ...]:
    """A grant for each service that it calls by HTTP under operations that check tokens, in the model's order."""
    found = (grant_for(architecture, dependency) for dependency in service.dependencies)
    return tuple(grant for grant in found if grant is not None)


def grant_for(architecture: Architecture, dependency: Dependency) -> Grant | None:
    """What the token of a dependency holds; nothing where the callee is not ours, or asks for none.

    A dependency that names no operations is granted nothing: nobody can say what it needs.
    """
    callee = architecture.service(dependency.to)
    if callee is None or dependency.protocol is not Protocol.HTTP:
        return None
    guarded = [each for each in wire.calls_of(dependency, callee) if each.endpoint.auth]
    if not guarded:
        return None
    scopes = {each.endpoint.scope for each in guarded if each.endpoint.scope is not None}
    return Grant(callee.name, tuple(sorted(scopes)), tuple(each.id for each in guarded))


def scopes_of(architecture: Architecture, service: Service) -> tuple[str, ...]:
    """Every scope that something of a service asks for, in name order: its operations, and what operators do with its sagas."""
    asked = {each.scope for each in service.endpoints if each.auth and each.scope is not None}
    is_coordinator = any(each.coordinator.name == service.name for each in architecture.running_sagas)
    return tuple(sorted(asked | (set(OPERATOR_SCOPES) if is_coordinator else set())))
