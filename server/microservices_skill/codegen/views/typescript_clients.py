"""The clients of a service's dependencies in TypeScript, with their policies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views.shared import Limits, limits_of
from microservices_skill.model import wire
from microservices_skill.model.access import Grant, grant_for
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.naming import camel, pascal, snake
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
    comment: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Client:
    """A dependency as a class."""

    name: str
    constant: str
    attribute: str
    setting: str
    comment: str
    policy: PolicySource
    calls: tuple[Call, ...]
    grant: GrantSource | None


def clients_of(architecture: Architecture, service: Service) -> tuple[Client, ...]:
    """The clients of a service, in the model's order."""
    return tuple(_client(architecture, dependency) for dependency in service.dependencies)


def _client(architecture: Architecture, dependency: Dependency) -> Client:
    target = architecture.service(dependency.to)
    called = wire.calls_of(dependency, target) if target is not None else ()
    return Client(
        name=f"{pascal(dependency.to)}Client",
        constant=f"{snake(dependency.to).upper()}_POLICY",
        attribute=camel(dependency.to),
        setting=f"{snake(dependency.to)}_url",
        comment=ts_sentence(dependency.purpose, f"Calls {dependency.to}"),
        policy=_policy(dependency.to, limits_of(dependency)),
        calls=tuple(_call(operation) for operation in called),
        grant=_grant(grant_for(architecture, dependency)),
    )


def _grant(grant: Grant | None) -> GrantSource | None:
    if grant is None:
        return None
    return GrantSource(f"{snake(grant.audience).upper()}_GRANT", ts_str(grant.audience), ts_str(" ".join(grant.scopes)))


def _policy(name: str, limits: Limits) -> PolicySource:
    return PolicySource(
        name=ts_str(name),
        timeout_s=limits.timeout_ms / 1000,
        attempts=limits.attempts,
        backoff_s=limits.backoff_ms / 1000,
        breaker_failures="null" if limits.breaker_failures is None else str(limits.breaker_failures),
        breaker_reset_s=limits.breaker_reset_ms / 1000,
        concurrency=limits.concurrency,
    )


def _call(operation: Operation) -> Call:
    parameters, options = [], []
    path = ts_str(operation.path)
    if operation.targets_one:
        parameters.append("id: string")
        path = "`" + re.sub(r"\{[^}]+\}", "${encodeURIComponent(id)}", operation.path) + "`"
    if operation.has_body:
        parameters.append("body: object")
        options.append("json: body")
    if operation.is_paginated:
        parameters.append("query: Record<string, string> = {}")
        options.append("params: query")
    if operation.needs_idempotency_key:
        parameters.append("idempotencyKey: string")
        options.append("idempotencyKey")
    if operation.requires_if_match:
        parameters.append("ifMatch: string")
        options.append("ifMatch")
    parameters.append("options: CallOptions = {}")
    given = f"{{ ...options, {', '.join(options)} }}" if options else "options"
    return Call(
        camel(operation.id),
        ", ".join(parameters),
        ts_sentence(operation.summary, "Call it"),
        f"{ts_str(operation.method)}, {path}, {given}",
    )
