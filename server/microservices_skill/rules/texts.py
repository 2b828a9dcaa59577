"""Every free text of an architecture, and the look of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from microservices_skill.model.types import Node

_SECRETS = (
    ("an AWS access key", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}")),
    ("a password", re.compile(r"(?i)\b(password|passwd|pwd|secret|api[_-]?key|token)\s*[=:]\s*['\"]?[^\s'\"]{6,}")),
    ("a password in a URL", re.compile(r"\b[a-z]+://[^\s/:@]+:[^\s/@]+@")),
    ("a token", re.compile(r"\b(?=[A-Za-z0-9+_-]*[0-9])(?=[A-Za-z0-9+_-]*[a-z])(?=[A-Za-z0-9+_-]*[A-Z])[A-Za-z0-9+_-]{40,}")),
)


def secret_in(text: str) -> str | None:
    """What kind of secret a text seems to hold."""
    if len(text) < 10:
        return None
    return next((kind for kind, pattern in _SECRETS if pattern.search(text)), None)


def texts(node: Node) -> Iterator[tuple[str, str]]:
    """Every text that was given, with its pointer."""
    stack: list[tuple[str, object]] = [("", node)]
    while stack:
        at, value = stack.pop()
        if type(value) is str:
            yield at, value
        elif isinstance(value, BaseModel):
            fields = type(value).model_fields
            stack += [(f"{at}/{fields[name].alias or name}", getattr(value, name)) for name in value.model_fields_set]
        elif isinstance(value, tuple):
            stack += [(f"{at}/{index}", item) for index, item in enumerate(value)]
