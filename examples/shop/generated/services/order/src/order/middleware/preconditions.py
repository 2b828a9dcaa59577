"""ETag and If-Match (RFC 9110, section 13): a change is made to the version that its author has seen, or not at all."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header

_PATTERN = r'^(\*|"[0-9]{1,9}")$'

RequiredIfMatch = Annotated[str, Header(alias="If-Match", max_length=64, pattern=_PATTERN, description="The ETag that was read")]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=64, pattern=_PATTERN, description="The ETag that was read")]


def answer(status: int, *headers: str) -> dict[int | str, dict[str, Any]]:
    """The headers of an operation's answer, for its contract."""
    return {status: {"headers": {name: {"schema": {"type": "string"}} for name in headers}}}


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """The version that the caller insists on; ``None`` where any will do."""
    return None if if_match in (None, "*") else int(if_match.strip('"'))
