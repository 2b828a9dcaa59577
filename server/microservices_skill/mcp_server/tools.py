"""The tools: each reads its input, calls one function of ``app`` and presents the result."""

# ruff: noqa: PLC0415 - our own modules are imported when a tool is called, so that the server starts at once

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from microservices_skill.app.existing_results import Addition, ArchitectureChange, MigrationPlan
from microservices_skill.app.results import ProposalSummary, Questionnaire, Validation, Writing
from microservices_skill.mcp_server import apps
from microservices_skill.mcp_server.elicitation import Asked, answered
from microservices_skill.mcp_server.errors import in_thread, told
from microservices_skill.mcp_server.parameters import (
    Answers,
    Conflicts,
    Destructive,
    Document,
    Language,
    Ours,
    Output,
    Preview,
    Theirs,
    manner,
    progress,
)
from microservices_skill.mcp_server.root import Root, folder
from microservices_skill.mcp_server.subscriptions import writing

WRITING = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def register(server: MCPServer) -> None:
    """Offer every tool."""
    server.tool(title="Ask the discovery questions", annotations=WRITING)(ask_questionnaire)
    server.tool(title="Propose an architecture", annotations=WRITING)(propose_architecture)
    server.tool(title="Validate the architecture", annotations=READING, meta=apps.SHOWN)(validate_architecture)
    server.tool(title="Write the decision records", annotations=WRITING)(render_adr)
    server.tool(title="Change an accepted architecture", annotations=WRITING)(change_architecture)
    server.tool(title="Generate a service", annotations=WRITING)(generate_service)
    server.tool(title="Generate the whole system", annotations=WRITING)(generate_system)
    server.tool(title="Plan the way out of a monolith", annotations=WRITING)(plan_migration)
    server.tool(title="Add a capability to a service", annotations=WRITING)(add_capability)


@told
async def ask_questionnaire(
    *,
    root: Root,
    asked: Asked,
    answers: Annotated[
        dict[str, Any],
        Field(description="Answers that you know already, by the keys that the questions name; text such as '20k users' is understood"),
    ] = {},  # noqa: B006 - never changed; a default of None would put anyOf into the input schema
    path: Answers = "answers.yaml",
    preview: Preview = False,
) -> Questionnaire:
    """Ask the 17 discovery questions, keep the answers, and say what is still missing.

    Call it again until status is complete: each call asks the person for one section where the client can show a form, and
    otherwise returns the questions for you to ask. Nothing downstream runs without the required answers.
    """
    from microservices_skill.app import discovery
    from microservices_skill.workspace.paths import inside

    given = answers | answered(asked)
    result = await in_thread(partial(discovery.ask, inside(folder(root), path), given=given, preview=preview))
    open_ones = tuple(each for each in result.questions if not (each.required and each.answered))
    return replace(result, questions=open_ones if result.missing else ())


@told
async def propose_architecture(
    *,
    ctx: Context[Any, Any],
    root: Root,
    draft: Annotated[
        dict[str, Any],
        Field(description="Your own draft in the shape of architecture.yaml (resource microservices://schema): services, events, …"),
    ] = {},  # noqa: B006 - as above
    draft_file: Annotated[str, Field(description="Path of a draft, in place of draft", max_length=500)] = "",
    answers: Answers = "answers.yaml",
    output: Annotated[str, Field(description="Where to write the architecture", max_length=500)] = "architecture.yaml",
    preview: Preview = False,
) -> ProposalSummary:
    """Turn the answers (and your draft of services, if you have one) into a complete, explained architecture.yaml.

    Says so when a modular monolith serves better. An existing architecture.yaml that was edited is never written over.
    """
    from microservices_skill.app import discovery
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    given = discovery.read_draft(inside(here, draft_file)) if draft_file else draft
    work = partial(discovery.propose, inside(here, answers), output=inside(here, output), draft=given)
    return await writing(ctx, here, partial(work, preview=preview))


@told
async def validate_architecture(
    *,
    root: Root,
    architecture: Document = "architecture.yaml",
    against: Annotated[str, Field(description="Path of an earlier version, to find breaking changes; empty: none", max_length=500)] = "",
    limit: Annotated[int, Field(ge=1, le=1000, description="At most so many findings")] = 50,
) -> Validation:
    """Judge the architecture by every rule: findings with severity, location, line, why and fix. An error stops generation."""
    from microservices_skill.app import checking
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    older = inside(here, against) if against else None
    return await in_thread(partial(checking.validate, inside(here, architecture), against=older, shown=limit))


@told
async def render_adr(  # noqa: PLR0913 - a tool's parameters are flat
    *,
    ctx: Context[Any, Any],
    root: Root,
    architecture: Document = "architecture.yaml",
    output: Output = ".",
    preview: Preview = False,
    conflicts: Conflicts = "stop",
    ours: Ours = [],  # noqa: B006 - as above
    theirs: Theirs = [],  # noqa: B006 - as above
) -> Writing:
    """Write ADR-001 and the smaller decision records with C4 and sequence diagrams into docs/."""
    from microservices_skill.app import documents
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    work = partial(documents.render_adr, inside(here, output), inside(here, architecture), progress=progress(ctx))
    how = manner(preview=preview, conflicts=conflicts, ours=ours, theirs=theirs)
    return await writing(ctx, here, partial(work, manner=how))


@told
async def change_architecture(  # noqa: PLR0913 - a tool's parameters are flat
    *,
    ctx: Context[Any, Any],
    root: Root,
    against: Annotated[str, Field(description="Path of the accepted version: git show HEAD:architecture.yaml", max_length=500)],
    title: Annotated[str, Field(description="Record the change as a decision of this title", max_length=200)] = "",
    why: Annotated[str, Field(max_length=4000)] = "",
    supersedes: Annotated[list[str], Field(description="Decisions that it replaces: ADR-001", max_length=20)] = [],  # noqa: B006 - as above
    architecture: Document = "architecture.yaml",
    output: Output = ".",
    preview: Preview = False,
) -> ArchitectureChange:
    """Say what a change of an accepted architecture does: what differs, which services it touches, what breaks, who deploys first.

    With a title it becomes a decision in the architecture, superseding older ones, and docs/adr is rendered.
    """
    from microservices_skill.app import changing
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    work = partial(changing.change_architecture, inside(here, output), inside(here, architecture), against=inside(here, against))
    return await writing(ctx, here, partial(work, title=title, why=why, supersedes=supersedes, preview=preview))


@told
async def generate_service(  # noqa: PLR0913 - a tool's parameters are flat
    *,
    ctx: Context[Any, Any],
    root: Root,
    service: Annotated[str, Field(description="The service's name in the architecture", max_length=40)],
    capability: Annotated[
        Literal["all", "resilience", "observability", "testing", "deployment", "security"],
        Field(description="The whole service, or only the files of one capability"),
    ] = "all",
    language: Language = "",
    allow_destructive: Destructive = False,
    architecture: Document = "architecture.yaml",
    output: Output = ".",
    preview: Preview = False,
    conflicts: Conflicts = "stop",
    ours: Ours = [],  # noqa: B006 - as above
    theirs: Theirs = [],  # noqa: B006 - as above
) -> Writing:
    """Generate one service (or one capability of it) with its migrations, tests and contracts into services/<name>/.

    What people edited since is merged; open conflicts are listed and nothing is written. A design with errors is refused.
    """
    from microservices_skill.app import generation
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    work = partial(generation.generate_service, inside(here, output), inside(here, architecture), service=service, capability=capability)
    how = manner(preview=preview, conflicts=conflicts, ours=ours, theirs=theirs)
    full = partial(work, language=language, allow_destructive=allow_destructive, manner=how, progress=progress(ctx))
    return await writing(ctx, here, full)


@told
async def generate_system(  # noqa: PLR0913 - as above
    *,
    ctx: Context[Any, Any],
    root: Root,
    language: Language = "",
    allow_destructive: Destructive = False,
    architecture: Document = "architecture.yaml",
    output: Output = ".",
    preview: Preview = False,
    conflicts: Conflicts = "stop",
    ours: Ours = [],  # noqa: B006 - as above
    theirs: Theirs = [],  # noqa: B006 - as above
) -> Writing:
    """Generate all services, their contracts, the decision records and what stands around the services.

    What people edited since is merged; open conflicts are listed and nothing is written. A design with errors is refused.
    """
    from microservices_skill.app import generation
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    work = partial(generation.generate_system, inside(here, output), inside(here, architecture), language=language)
    how = manner(preview=preview, conflicts=conflicts, ours=ours, theirs=theirs)
    return await writing(ctx, here, partial(work, allow_destructive=allow_destructive, manner=how, progress=progress(ctx)))


@told
async def plan_migration(
    *,
    ctx: Context[Any, Any],
    root: Root,
    monolith: Annotated[str, Field(description="Path of the monolith's description", max_length=500)] = "monolith.yaml",
    architecture: Document = "architecture.yaml",
    output: Output = ".",
    preview: Preview = False,
) -> MigrationPlan:
    """Plan the way out of a described monolith into migration/: order by value and risk, routes and data streams of each step, rollback.

    references/migration.md has the shape of monolith.yaml.
    """
    from microservices_skill.app import migrating
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    work = partial(migrating.plan_migration, inside(here, output), inside(here, monolith), architecture=inside(here, architecture))
    return await writing(ctx, here, partial(work, manner=manner(preview=preview), progress=progress(ctx)))


@told
async def add_capability(  # noqa: PLR0913 - as above
    *,
    ctx: Context[Any, Any],
    root: Root,
    capability: Literal["resilience", "observability", "testing", "deployment", "security"],
    service_folder: Annotated[
        str, Field(description="A service of any origin, or a generated system: all its services", max_length=500)
    ] = ".",
    app: Annotated[
        str, Field(description="What makes the application, if not found: package.module:app or src/main.ts", max_length=200)
    ] = "",
    into: Annotated[str, Field(description="Where modules go, below the service", max_length=200)] = "",
    preview: Preview = False,
    ours: Ours = [],  # noqa: B006 - as above
    theirs: Theirs = [],  # noqa: B006 - as above
) -> Addition:
    """Add one capability to a FastAPI or NestJS service, also one that was not generated; its own files stay untouched.

    There it writes modules beside the code: then run install, apply patch (git apply), start by start, and read WIRING.md.
    """
    from microservices_skill.adoption.starter import Wishes
    from microservices_skill.app import adding
    from microservices_skill.workspace.paths import inside

    here = folder(root)
    work = partial(adding.add, inside(here, service_folder), capability, wishes=Wishes(app=app, into=into), limit=here)
    return await writing(ctx, here, partial(work, manner=manner(preview=preview, ours=ours, theirs=theirs), progress=progress(ctx)))
