"""Builds the server and serves it over stdio."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.request_state import RequestStateSecurity
from mcp_types import Tool

from microservices_skill import __version__
from microservices_skill.mcp_server import apps, completions, prompts, resources, skills, stdio, subscriptions, tools

INSTRUCTIONS = (
    "Designs and generates microservice systems. In order: ask_questionnaire until its status is complete, propose_architecture,"
    " validate_architecture until ok is true, render_adr, generate_system (or generate_service). For what exists already:"
    " change_architecture, add_capability, plan_migration. Each tool writes files in the workspace and answers with a short summary"
    " and paths: read the files that you need. Paths are relative to the workspace. Every writing tool has preview."
)


class Server(MCPServer):
    """Lists its tools with what a model needs: it pays for every token.

    Titles only say names again; of an answer, names and types are enough.
    """

    async def list_tools(self) -> list[Tool]:
        """The tools, as a client hands them to a model."""
        return [
            each.model_copy(
                update={
                    "input_schema": _without(each.input_schema, frozenset({"title"})),
                    "output_schema": _outline(_without(each.output_schema, frozenset({"title", "description", "default", "required"}))),
                }
            )
            for each in await super().list_tools()
        ]


def build(*, request_state_security: RequestStateSecurity | None = None) -> MCPServer:
    """The server with everything that it offers; workers that serve together seal the state of their calls with one key."""
    server = Server(
        "microservices-skill",
        title="Microservices",
        version=__version__,
        instructions=INSTRUCTIONS,
        request_state_security=request_state_security,
        extensions=[apps.extension(), skills.Skills()],
    )
    tools.register(server)
    prompts.register(server)
    resources.register(server)
    skills.register(server)
    completions.register(server)
    subscriptions.register(server)
    return server


def serve() -> None:
    """Serve over stdio until the client closes the pipe or a signal ends it."""
    stdio.run(build())


def _without(schema: Any, keywords: frozenset[str]) -> Any:  # noqa: ANN401 - any part of a schema
    """A schema without some keywords; a field that has the name of one has an object there, and stays."""
    if isinstance(schema, list):
        return [_without(each, keywords) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without(value, keywords) for key, value in schema.items() if key not in keywords or isinstance(value, dict)}


def _outline(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A schema in which lists of texts and counts are lists and objects: what they hold goes without saying."""
    if isinstance(schema, list):
        return [_outline(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {"items": {"type": "string"}, "additionalProperties": {"type": "integer"}}
    return {key: _outline(value) for key, value in schema.items() if plain.get(key) != value}
