"""Every refusal as problem details (RFC 9457): a type, a title, a status and what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.types import ExceptionHandler

from notification.infrastructure.database import OUTAGES
from notification.infrastructure.http_client import DependencyError
from notification.infrastructure.resilience import BulkheadFullError, CircuitOpenError, DeadlineExceededError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class ProblemError(Exception):
    """Base of all refusals that a caller is told of."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "internal"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, errors: list[FieldProblem] | None = None) -> None:
        self.detail = detail
        self.headers = headers or {}
        self.errors = errors or []
        super().__init__(detail)


class NotFoundError(ProblemError):
    """There is no such thing."""

    status = HTTPStatus.NOT_FOUND
    kind = "not-found"

    def __init__(self, what: str, identity: object) -> None:
        super().__init__(f"there is no {what} {identity}")


class StateConflictError(ProblemError):
    """The transition does not start from the state that the thing is in."""

    status = HTTPStatus.CONFLICT
    kind = "state-conflict"

    def __init__(self, what: str, state: str, transition: str, sources: tuple[str, ...]) -> None:
        self.state = state
        self.transition = transition
        super().__init__(f"cannot {transition} a {what} that is {state}; it must be {' or '.join(sources)}")


class SagaConflictError(ProblemError):
    """A saga forbids it: one that runs, or one that is not where the call needs it to be."""

    status = HTTPStatus.CONFLICT
    kind = "saga-conflict"


class InvariantError(ProblemError):
    """The change would break a rule that always holds."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = "invariant"


class AlreadyExistsError(ProblemError):
    """A unique value is taken, or something that is referred to does not exist or is still referred to."""

    status = HTTPStatus.CONFLICT
    kind = "conflict"


class VersionMismatchError(ProblemError):
    """The thing has changed since the caller read it."""

    status = HTTPStatus.PRECONDITION_FAILED
    kind = "version-mismatch"

    def __init__(self, what: str, version: int) -> None:
        super().__init__(f"the {what} is at version {version}; read it again and repeat the change")


class IdempotencyConflictError(ProblemError):
    """The first request with this key is still in flight."""

    status = HTTPStatus.CONFLICT
    kind = "idempotency-in-flight"

    def __init__(self, key: str) -> None:
        super().__init__(f"a request with Idempotency-Key {key} is in flight; retry", headers={"Retry-After": "1"})


class IdempotencyKeyReusedError(ProblemError):
    """The key belongs to another request."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = "idempotency-key-reused"

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency-Key {key} was used for another request; use a new key")


class UnauthorizedError(ProblemError):
    """The caller is not known."""

    status = HTTPStatus.UNAUTHORIZED
    kind = "unauthorized"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class ForbiddenError(ProblemError):
    """The caller may not do this."""

    status = HTTPStatus.FORBIDDEN
    kind = "forbidden"

    def __init__(self, missing: list[str]) -> None:
        scopes = " ".join(missing)
        super().__init__(
            f"the token lacks the scope {scopes}",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scopes}"'},
        )


class IssuerUnavailableError(ProblemError):
    """Tokens cannot be checked now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "issuer-unavailable"

    def __init__(self) -> None:
        super().__init__("the token issuer's keys cannot be fetched; retry later", headers={"Retry-After": "5"})


class TooManyRequestsError(ProblemError):
    """The caller is over the limit."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    kind = "rate-limited"

    def __init__(self, limit: str, retry_after_s: int) -> None:
        super().__init__(f"the limit is {limit}; retry in {retry_after_s} s", headers={"Retry-After": str(retry_after_s)})


class PayloadTooLargeError(ProblemError):
    """The body is too large."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    kind = "payload-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem responses of an operation, for its contract."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses}


def install(app: FastAPI) -> None:
    """Turn every exception into problem details."""
    handlers: dict[type[Exception], Any] = {
        ProblemError: _on_problem,
        RequestValidationError: _on_invalid_request,
        HTTPException: _on_http,
        StaleDataError: _on_stale,
        IntegrityError: _on_integrity,
        DependencyError: _on_dependency,
        Exception: _on_bug,
    }
    handlers |= dict.fromkeys(OUTAGES, _on_outage)
    handlers |= dict.fromkeys((BulkheadFullError, CircuitOpenError, DeadlineExceededError), _on_dependency_outage)
    for error, handler in handlers.items():
        app.add_exception_handler(error, cast(ExceptionHandler, handler))


def problem_response(error: ProblemError, instance: str | None = None) -> JSONResponse:
    """The error as an HTTP response."""
    return _respond(error.status, error.kind, error.detail, instance=instance, errors=error.errors, headers=error.headers)


def _respond(
    status: HTTPStatus,
    kind: str,
    detail: str,
    *,
    instance: str | None,
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = Problem(type=f"urn:problem:{kind}", title=status.phrase, status=status, detail=detail, instance=instance, errors=errors or [])
    return JSONResponse(body.model_dump(mode="json"), status, headers, MEDIA_TYPE)


async def _on_problem(request: Request, error: ProblemError) -> JSONResponse:
    return problem_response(error, request.url.path)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    faults = error.errors()
    missing = {str(fault["loc"][-1]).lower() for fault in faults if fault["type"] == "missing" and fault["loc"][0] == "header"}
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if any(fault["type"] == "json_invalid" for fault in faults) or "idempotency-key" in missing:
        status = HTTPStatus.BAD_REQUEST
    elif "if-match" in missing:
        status = HTTPStatus.PRECONDITION_REQUIRED
    errors = [FieldProblem(pointer="/" + "/".join(map(str, fault["loc"])), detail=fault["msg"]) for fault in faults[:20]]
    detail = f"{len(faults)} parts of the request are not valid" if len(faults) > 1 else f"{errors[0].pointer}: {errors[0].detail}"
    return _respond(status, "invalid-request", detail, instance=request.url.path, errors=errors)


async def _on_http(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(request.app.state.methods_of(request.url.path))) or headers.get("Allow", "")
    return _respond(status, status.name.lower().replace("_", "-"), str(error.detail), instance=request.url.path, headers=headers)


async def _on_stale(request: Request, _: StaleDataError) -> JSONResponse:
    detail = "another request changed it at the same time; read it again and repeat the change"
    return _respond(HTTPStatus.CONFLICT, "concurrent-change", detail, instance=request.url.path, headers={"Retry-After": "0"})


async def _on_integrity(request: Request, error: IntegrityError) -> JSONResponse:
    log.info("database.integrity", error=type(error.orig).__name__)
    detail = "a unique value is taken, or something that is referred to is missing or still in use"
    return _respond(HTTPStatus.CONFLICT, "conflict", detail, instance=request.url.path)


async def _on_outage(request: Request, error: Exception) -> JSONResponse:
    log.warning("database.unavailable", error=repr(error))
    detail = "the database is not reachable; retry later with the same Idempotency-Key"
    return _respond(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, instance=request.url.path, headers={"Retry-After": "1"})


async def _on_dependency(request: Request, error: DependencyError) -> JSONResponse:
    """What a neighbour refuses is for the rules to answer; where they do not, it is our fault."""
    return await (_on_dependency_outage if error.is_transient else _on_bug)(request, error)


async def _on_dependency_outage(request: Request, error: Exception) -> JSONResponse:
    log.warning("dependency.unavailable", error=repr(error))
    detail = "a service that this one needs is not reachable; retry later with the same Idempotency-Key"
    headers = {"Retry-After": "1"}
    return _respond(HTTPStatus.SERVICE_UNAVAILABLE, "dependency-unavailable", detail, instance=request.url.path, headers=headers)


async def _on_bug(request: Request, error: Exception) -> JSONResponse:
    log.error("http.unhandled", exc_info=error)
    detail = "something went wrong on our side; the request id leads to the logs"
    return _respond(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, instance=request.url.path)
