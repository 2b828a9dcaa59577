"""The audit log: who has changed what, or was denied what; never the content of a request."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

import structlog
from starlette.datastructures import Headers
from starlette.types import Message, Scope

log = structlog.get_logger("notification.audit")

READING = frozenset({"GET", "HEAD", "OPTIONS"})
DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
KEY = "audited"
"""Where the state of a request to an operation that not everybody may do says who asks."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: in whose name, and by which client of the issuer."""

    subject: str | None = None
    client: str | None = None


def audit(scope: Scope, answer: Message) -> None:
    """The audit record of an answered request.

    What only reads and is allowed leaves none, nor does what needs no token.
    """
    actor: Actor | None = scope.get("state", {}).get(KEY)
    status: int = answer["status"]
    is_denied = status in DENIED
    if actor is None or (scope["method"] in READING and not is_denied):
        return
    route = scope.get("route")
    named = getattr(route, "operation_id", None)
    log.info(
        "audit",
        operation=named or f"{scope['method']} {getattr(route, 'path', 'unmatched')}",
        entity_id=_entity(scope, answer),
        outcome="denied" if is_denied else _outcome(status),
        status=status,
        actor=actor.subject,
        actor_client=actor.client,
    )


def _outcome(status: int) -> str:
    if status < 400:
        return "done"
    return "refused" if status < 500 else "failed"


def _entity(scope: Scope, answer: Message) -> str | None:
    """What the path names, or what was made; only if it is an id of ours."""
    made = Headers(raw=list(answer.get("headers", ()))).get("Location", "").rpartition("/")[2]
    return next((str(each) for each in (*scope.get("path_params", {}).values(), made) if _is_id(each)), None)


def _is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
