"""What clients that show pages (MCP Apps) show beside a result: the explorer page of the workspace's architecture."""

# ruff: noqa: PLC0415 - our own modules are imported when the page is asked for, so that the server starts at once

from __future__ import annotations

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver.resources import FunctionResource

from microservices_skill.mcp_server.errors import told_of_resource
from microservices_skill.mcp_server.root import default_root

PAGE = "ui://microservices/architecture"
SHOWN = {"ui": {"resourceUri": PAGE}}
"""The metadata of a tool whose result the page shows."""


def extension() -> Apps:
    """The extension with its page."""
    apps = Apps()
    apps.add_resource(
        FunctionResource.from_function(explorer, uri=PAGE, name="explorer", title="The architecture to look at", mime_type=APP_MIME_TYPE)
    )
    return apps


@told_of_resource
def explorer() -> str:
    """A map of the architecture of the workspace with its findings, sagas and budgets, as a page that needs no network."""
    from microservices_skill.app import exploring
    from microservices_skill.workspace.paths import inside

    return exploring.page_of(inside(default_root(), "architecture.yaml"))
