"""The clients of a service's dependencies, with their policies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views.shared import limits_of
from microservices_skill.model import wire
from microservices_skill.model.access import Grant, grant_for
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.naming import pascal, snake
from microservices_skill.model.service import Service
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy as source."""

    name: str
    timeout_s: float
    attempts: int
    backoff_s: float
    breaker_failures: str
    breaker_reset_s: float
    concurrency: int


@dataclass(frozen=True, slots=True)
class GrantSource:
    """What tokens for a callee hold, as source."""

    constant: str
    audience: str
    scope: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function that calls one operation of another service."""

    function: str
    signature: str
    docstring: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Client:
    """A dependency as a class."""

    name: str
    constant: str
    attribute: str
    setting: str
    docstring: str
    policy: PolicySource
    calls: tuple[Call, ...]
    grant: GrantSource | None


def clients_of(architecture: Architecture, service: Service) -> tuple[Client, ...]:
    """The clients of a service, in the model's order."""
    return tuple(_client(architecture, dependency) for dependency in service.dependencies)


def _client(architecture: Architecture, dependency: Dependency) -> Client:
    name = snake(dependency.to)
    target = architecture.service(dependency.to)
    called = wire.calls_of(dependency, target) if target is not None else ()
    return Client(
        name=f"{pascal(dependency.to)}Client",
        constant=f"{name.upper()}_POLICY",
        attribute=name,
        setting=f"{name}_url",
        docstring=sentence(dependency.purpose, f"Calls {dependency.to}"),
        policy=_policy(dependency),
        calls=tuple(_call(operation) for operation in called),
        grant=_grant(grant_for(architecture, dependency)),
    )


def _grant(grant: Grant | None) -> GrantSource | None:
    if grant is None:
        return None
    return GrantSource(f"{snake(grant.audience).upper()}_GRANT", py_str(grant.audience), py_str(" ".join(grant.scopes)))


def _policy(dependency: Dependency) -> PolicySource:
    limits = limits_of(dependency)
    return PolicySource(
        name=py_str(dependency.to),
        timeout_s=limits.timeout_ms / 1000,
        attempts=limits.attempts,
        backoff_s=limits.backoff_ms / 1000,
        breaker_failures=str(limits.breaker_failures),
        breaker_reset_s=limits.breaker_reset_ms / 1000,
        concurrency=limits.concurrency,
    )


def _call(operation: Operation) -> Call:
    parameters, arguments = ["self"], [py_str(operation.method)]
    path = re.sub(r"\{[^}]+\}", f"{{{operation.entity.reference}}}", operation.path)
    if operation.targets_one:
        parameters.append(f"{operation.entity.reference}: UUID")
        arguments.append(f"f{py_str(path)}")
    else:
        arguments.append(py_str(operation.path))
    keyword = []
    if operation.has_body:
        keyword.append("body: dict[str, Any]")
        arguments.append("json=body")
    if operation.is_paginated:
        keyword.append("params: dict[str, str] | None = None")
        arguments.append("params=params")
    if operation.needs_idempotency_key:
        keyword.append("idempotency_key: str")
        arguments.append("idempotency_key=idempotency_key")
    if operation.takes_if_match:
        keyword.append(f"if_match: str{'' if operation.requires_if_match else ' | None = None'}")
        arguments.append("if_match=if_match")
    keyword.append("token: str | None = None")
    arguments.append("token=token")
    signature = ", ".join([*parameters, "*", *keyword])
    return Call(snake(operation.id), signature, sentence(operation.summary, "Call it"), ", ".join(arguments))
