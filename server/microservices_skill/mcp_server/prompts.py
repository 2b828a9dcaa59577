"""A prompt for each of the eight problem types: what is asked, the steps and their tools, and the skill's page for it."""

# ruff: noqa: PLC0415 - the skill is read when a prompt is got, so that the server starts at once

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts.base import Message, Prompt, UserMessage
from mcp_types import EmbeddedResource, TextResourceContents
from pydantic import Field

from microservices_skill.mcp_server.skills import MARKDOWN, SKILL

_EXISTING = "in a service that was not generated, add_capability with {name} (then follow its WIRING.md)"
_PROBLEMS = {
    "architecture": (
        "Design the system",
        (
            "Run ask_questionnaire until its status is complete, draft services from the domain, run propose_architecture with the draft,"
            " then validate_architecture. Mend each finding in architecture.yaml, or let the person accept it with a reason. End with"
            " render_adr; explain the boundaries, the data ownership and the tradeoffs. To change an architecture that was accepted, edit"
            " it and run change_architecture against the accepted version: it says whom the change touches and records the decision."
        ),
    ),
    "implementation": (
        "Implement a service",
        (
            "Run validate_architecture until ok is true, then generate_service (generate_system for all). Read its README.md, put the"
            " business rules into the files that belong to people, and run its tests. Everything else is changed in architecture.yaml and"
            " generated again."
        ),
    ),
    "resilience": (
        "Make calls survive failure",
        (
            "Run validate_architecture and look at timeouts, retries, circuit breakers, bulkheads and sagas. Set them in architecture.yaml"
            f" so that every timeout fits inside its caller's, then run generate_service with capability resilience; {_EXISTING}."
        ),
    ),
    "observability": (
        "Make the system observable",
        (
            "Check SLOs, logging and tracing in architecture.yaml with validate_architecture, then run generate_service with capability"
            f" observability; {_EXISTING}. Show logs, metrics and traces of one request."
        ),
    ),
    "testing": (
        "Test the system",
        (
            f"Run generate_service with capability testing; {_EXISTING}. Run unit, integration and contract tests, and say what each level"
            " proves."
        ),
    ),
    "deployment": (
        "Deploy the system",
        (
            "Check replicas, probes, RTO and RPO with validate_architecture, then generate_system for Compose, Kubernetes and pipelines,"
            f" or generate_service with capability deployment for one service; {_EXISTING}. Build the image, start it and check its health."
        ),
    ),
    "migration": (
        "Move a monolith to services",
        (
            "Read the monolith's code and describe its modules, tables and calls in monolith.yaml. Run plan_migration: it orders the"
            " services by value and risk and writes migration/ with routes, data streams and rollback of each step. Agree on the order,"
            " run propose_architecture with draft_file migration/draft.yaml, then plan_migration again and follow the README of step 1."
        ),
    ),
    "security": (
        "Secure the system",
        (
            "Check exposure, scopes, rate limits, data classification and compliance with validate_architecture, then run generate_service"
            f" with capability security; {_EXISTING}. microservices-skill harden goes through the hardening checklist."
        ),
    ),
}

Task = Annotated[str, Field(description="What is to be done, in your words")]
Language = Annotated[str, Field(description="typescript, python or both; empty: as the model says")]
Service = Annotated[str, Field(description="The service that it is about; empty: all")]


def register(server: MCPServer) -> None:
    """Offer every prompt."""
    for name, (title, steps) in _PROBLEMS.items():
        server.add_prompt(_prompt(name, title, steps.format(name=name)))


def _prompt(name: str, title: str, steps: str) -> Prompt:
    def ask(task: Task = "", language: Language = "", service: Service = "") -> list[Message]:
        from microservices_skill.mcp_server.skills import page

        given = {"Task": task, "Language": language, "Service": service}
        lines = [f"{what}: {value}" for what, value in given.items() if value]
        text = "\n\n".join(["\n".join(lines), steps] if lines else [steps])
        path = f"references/{name}.md"
        details = TextResourceContents(uri=f"{SKILL}/{path}", mime_type=MARKDOWN, text=page(path))
        return [UserMessage(text), UserMessage(EmbeddedResource(resource=details))]

    return Prompt.from_function(ask, name=name, title=title, description=f"{title}: the steps and the tools")
