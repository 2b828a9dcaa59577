"""Refusals over HTTP, as RFC 6750, RFC 9728 and RFC 6585 say them."""

from __future__ import annotations

from collections.abc import Mapping

from mcp.server.auth.routes import build_resource_metadata_url
from pydantic import AnyHttpUrl
from starlette.responses import JSONResponse, Response

READ = "microservices:read"
WRITE = "microservices:write"


class RefusedError(Exception):
    """A request that is not carried out; ``reason`` is a short word for counting."""

    def __init__(self, status: int, reason: str, description: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.reason = reason
        self.description = description
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """What the client is told."""
        body = {"error": self.reason, "error_description": self.description}
        return JSONResponse(body, self.status, headers={"Cache-Control": "no-store", **self.headers})


def unauthenticated(resource: str, description: str, *, is_token_bad: bool) -> RefusedError:
    """No token, or one that is not believed; where to get one is told."""
    error = f'error="invalid_token", error_description="{description}", ' if is_token_bad else ""
    challenge = f'Bearer {error}scope="{READ}", resource_metadata="{_metadata(resource)}"'
    return RefusedError(401, "invalid_token" if is_token_bad else "no_token", description, {"WWW-Authenticate": challenge})


def insufficient(resource: str, scope: str) -> RefusedError:
    """A token that allows less than what is asked for."""
    challenge = f'Bearer error="insufficient_scope", scope="{scope}", resource_metadata="{_metadata(resource)}"'
    return RefusedError(403, "insufficient_scope", f"the token needs the scope {scope}", {"WWW-Authenticate": challenge})


def too_fast(wait_s: int) -> RefusedError:
    """A caller beyond its rate."""
    return RefusedError(429, "too_many_requests", f"too many requests; wait {wait_s} s", {"Retry-After": str(wait_s)})


def unavailable(description: str) -> RefusedError:
    """Something that the server needs is away for now."""
    return RefusedError(503, "unavailable", description, {"Retry-After": "5"})


def _metadata(resource: str) -> AnyHttpUrl:
    return build_resource_metadata_url(AnyHttpUrl(resource))
