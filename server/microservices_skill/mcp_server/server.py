"""Builds the server and serves it over stdio."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer

from microservices_skill import __version__
from microservices_skill.mcp_server import prompts, resources, tools

INSTRUCTIONS = (
    "Designs and generates microservice systems. In order: ask_questionnaire until its status is complete, propose_architecture,"
    " validate_architecture until ok is true, render_adr, generate_system (or generate_service). Each tool writes files in the"
    " workspace and answers with a short summary and paths: read the files that you need. Every writing tool has preview."
)


def build() -> MCPServer:
    """The server with everything that it offers."""
    server = MCPServer("microservices-skill", title="Microservices", version=__version__, instructions=INSTRUCTIONS)
    tools.register(server)
    prompts.register(server)
    resources.register(server)
    return server


def serve() -> None:
    """Serve over stdio until the client closes the pipe."""
    build().run(transport="stdio")
