"""Serves the skill over MCP: the extension ``io.modelcontextprotocol/skills`` (SEP-2640).

Each of its files is a resource below ``skill://microservices-skill/``; ``skills/list`` and ``skills/get`` say which there are, with
their digests and sizes.
"""

# ruff: noqa: PLC0415 - our own modules are imported when the skill is read, so that the server starts at once

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CacheableResult, PaginatedRequestParams, PaginatedResult, RequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from microservices_skill.mcp_server.errors import in_thread, told_of_resource

SKILL = "skill://microservices-skill"
MARKDOWN = "text/markdown"
_AN_HOUR_MS = 3_600_000
_MODERN = frozenset(MODERN_PROTOCOL_VERSIONS)


class SkillFile(BaseModel):
    """One file of the skill."""

    uri: str
    digest: str
    size: int


class SkillEntry(BaseModel):
    """The skill: its ``SKILL.md``, what stands at its head, and all its files."""

    uri: str
    frontmatter: dict[str, Any]
    resources: list[SkillFile]


class SkillsList(PaginatedResult, CacheableResult):
    """The skills that this server has."""

    skills: list[SkillEntry]


class SkillFound(CacheableResult):
    """The skill that was asked for."""

    skill: SkillEntry


class SkillParams(RequestParams):
    """Which skill is asked for: the URI of its ``SKILL.md``."""

    uri: str


class Skills(Extension):
    """The extension, without reading of directories: the list holds every file."""

    identifier = "io.modelcontextprotocol/skills"

    def methods(self) -> Sequence[MethodBinding]:
        """The two methods, for clients of 2026-07-28 and later."""
        return (
            MethodBinding("skills/list", PaginatedRequestParams, _list_skills, _MODERN),
            MethodBinding("skills/get", SkillParams, _get_skill, _MODERN),
        )


def register(server: MCPServer) -> None:
    """Offer the skill's files, ``SKILL.md`` in the list and the others by a template."""
    server.resource(f"{SKILL}/SKILL.md", title="The skill", mime_type=MARKDOWN)(skill)
    server.resource(f"{SKILL}/{{+path}}", title="A page of the skill", mime_type=MARKDOWN)(page)


@told_of_resource
def skill() -> str:
    """SKILL.md: when and how to use the tools."""
    return page("SKILL.md")


@told_of_resource
def page(path: str) -> str:
    """A page that SKILL.md links, such as references/resilience.md or references/rules/shared-data-store.md."""
    from microservices_skill.workspace.skill import skill_text

    return skill_text(path)


def entry() -> SkillEntry:
    """The skill with all its files."""
    import yaml

    from microservices_skill.workspace.skill import skill_tree

    files = {path: file.text.encode() for path, file in skill_tree().items()}
    head = files["SKILL.md"].decode().split("---")[1]
    resources = [
        SkillFile(uri=f"{SKILL}/{path}", digest=f"sha256:{hashlib.sha256(data).hexdigest()}", size=len(data))
        for path, data in files.items()
    ]
    return SkillEntry(uri=f"{SKILL}/SKILL.md", frontmatter=yaml.safe_load(head), resources=resources)


async def _list_skills(_: ServerRequestContext[Any, Any], __: PaginatedRequestParams) -> SkillsList:
    return SkillsList(skills=[await in_thread(entry)], ttl_ms=_AN_HOUR_MS, cache_scope="public")


async def _get_skill(_: ServerRequestContext[Any, Any], params: SkillParams) -> SkillFound:
    found = await in_thread(entry)
    if params.uri != found.uri:
        raise MCPError(INVALID_PARAMS, f"no skill at {params.uri}; this server has {found.uri}")
    return SkillFound(skill=found, ttl_ms=_AN_HOUR_MS, cache_scope="public")
