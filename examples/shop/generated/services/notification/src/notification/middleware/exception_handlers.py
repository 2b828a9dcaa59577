"""Turns every exception into problem details, and holds the refusals that entities and sagas give."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.types import ExceptionHandler

from notification.infrastructure.database import OUTAGES
from notification.infrastructure.http_client import DependencyError
from notification.infrastructure.resilience import BulkheadFullError, CircuitOpenError, DeadlineExceededError
from notification.middleware.problems import MEDIA_TYPE, FieldProblem, ProblemError, problem_response, respond

log = structlog.get_logger(__name__)

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
    return respond(status, "invalid-request", detail, instance=request.url.path, errors=errors)


async def _on_http(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(request.app.state.methods_of(request.url.path))) or headers.get("Allow", "")
    return respond(status, status.name.lower().replace("_", "-"), str(error.detail), instance=request.url.path, headers=headers)


async def _on_stale(request: Request, _: StaleDataError) -> JSONResponse:
    detail = "another request changed it at the same time; read it again and repeat the change"
    return respond(HTTPStatus.CONFLICT, "concurrent-change", detail, instance=request.url.path, headers={"Retry-After": "0"})


async def _on_integrity(request: Request, error: IntegrityError) -> JSONResponse:
    log.info("database.integrity", error=type(error.orig).__name__)
    detail = "a unique value is taken, or something that is referred to is missing or still in use"
    return respond(HTTPStatus.CONFLICT, "conflict", detail, instance=request.url.path)


async def _on_outage(request: Request, error: Exception) -> JSONResponse:
    log.warning("database.unavailable", error=repr(error))
    detail = "the database is not reachable; retry later with the same Idempotency-Key"
    return respond(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, instance=request.url.path, headers={"Retry-After": "1"})


async def _on_dependency(request: Request, error: DependencyError) -> JSONResponse:
    """What a neighbour refuses is for the rules to answer; where they do not, it is our fault."""
    return await (_on_dependency_outage if error.is_transient else _on_bug)(request, error)


async def _on_dependency_outage(request: Request, error: Exception) -> JSONResponse:
    log.warning("dependency.unavailable", error=repr(error))
    detail = "a service that this one needs is not reachable; retry later with the same Idempotency-Key"
    headers = {"Retry-After": "1"}
    return respond(HTTPStatus.SERVICE_UNAVAILABLE, "dependency-unavailable", detail, instance=request.url.path, headers=headers)


async def _on_bug(request: Request, error: Exception) -> JSONResponse:
    log.error("http.unhandled", exc_info=error)
    detail = "something went wrong on our side; the request id leads to the logs"
    return respond(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, instance=request.url.path)
