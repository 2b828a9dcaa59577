"""Refusals as problem details (RFC 9457): a type, a title, a status and what to do; and those that concern any service."""

from __future__ import annotations

from http import HTTPStatus

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

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


def problem_response(error: ProblemError, instance: str | None = None) -> JSONResponse:
    """The error as an HTTP response."""
    return respond(error.status, error.kind, error.detail, instance=instance, errors=error.errors, headers=error.headers)


def respond(
    status: HTTPStatus,
    kind: str,
    detail: str,
    *,
    instance: str | None,
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem as an HTTP response."""
    body = Problem(type=f"urn:problem:{kind}", title=status.phrase, status=status, detail=detail, instance=instance, errors=errors or [])
    return JSONResponse(body.model_dump(mode="json"), status, headers, MEDIA_TYPE)
