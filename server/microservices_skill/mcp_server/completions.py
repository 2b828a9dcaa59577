"""Completes what prompts and resource templates ask for: languages, services, decision records, rules, pages of the skill."""

# ruff: noqa: PLC0415 - our own modules are imported when something is completed, so that the server starts at once

from __future__ import annotations

from collections.abc import Callable, Sequence

from mcp.server.mcpserver import MCPServer
from mcp_types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from microservices_skill.errors import SkillError
from microservices_skill.mcp_server.errors import in_thread
from microservices_skill.mcp_server.root import default_root
from microservices_skill.mcp_server.skills import SKILL

_MOST = 100
"""The protocol allows no more at once."""


def register(server: MCPServer) -> None:
    """Complete arguments."""
    server.completion()(complete)  # type: ignore[no-untyped-call]  # the SDK has no annotation there


async def complete(
    ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, _: CompletionContext | None
) -> Completion | None:
    """The values that begin as the argument does; none where what would say so cannot be read."""
    where = ref.uri if isinstance(ref, ResourceTemplateReference) else "prompt"
    source = _SOURCES.get((where, argument.name))
    if source is None:
        return None
    try:
        known = await in_thread(source)
    except SkillError:
        return None
    found = [each for each in known if each.startswith(argument.value)]
    return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)


def _languages() -> Sequence[str]:
    return ("typescript", "python", "both")


def _services() -> Sequence[str]:
    from microservices_skill.app.design import read_model
    from microservices_skill.workspace.paths import inside

    return [each.name for each in read_model(inside(default_root(), "architecture.yaml")).services]


def _decisions() -> Sequence[str]:
    from microservices_skill.app import documents

    return documents.adr_names(default_root())


def _rules() -> Sequence[str]:
    from microservices_skill.app import checking

    return [each.id for each in checking.rules()]


def _pages() -> Sequence[str]:
    from microservices_skill.workspace.skill import skill_tree

    return sorted(skill_tree())


_SOURCES: dict[tuple[str, str], Callable[[], Sequence[str]]] = {
    ("prompt", "language"): _languages,
    ("prompt", "service"): _services,
    ("microservices://adr/{name}", "name"): _decisions,
    ("microservices://rules/{name}", "name"): _rules,
    (f"{SKILL}/{{+path}}", "path"): _pages,
}
