"""The resources: the model's schema, the rules, the current architecture, the decisions, the documents and the contracts."""

# ruff: noqa: PLC0415 - our own modules are imported when a resource is read, so that the server starts at once

from __future__ import annotations

import json
from dataclasses import asdict

from mcp.server.mcpserver import MCPServer

from microservices_skill.mcp_server.errors import told_of_resource
from microservices_skill.mcp_server.root import default_root

JSON = "application/json"
MARKDOWN = "text/markdown"


def register(server: MCPServer) -> None:
    """Offer every resource."""
    server.resource("microservices://schema", title="JSON Schema of architecture.yaml", mime_type=JSON)(schema)
    server.resource("microservices://rules", title="The rule catalogue", mime_type=JSON)(rules)
    server.resource("microservices://rules/{name}", title="A rule", mime_type=JSON)(rule)
    server.resource("microservices://architecture", title="The current architecture", mime_type="application/yaml")(architecture)
    server.resource("microservices://adr/{name}", title="A decision record", mime_type=MARKDOWN)(adr)
    server.resource("microservices://contracts/{+path}", title="A generated contract", mime_type=JSON)(contract)
    server.resource("microservices://docs/{+path}", title="A generated document", mime_type=MARKDOWN)(document)


@told_of_resource
def schema() -> str:
    """The JSON Schema that architecture.yaml follows."""
    from microservices_skill.app import checking

    return json.dumps(checking.schema(), ensure_ascii=False)


@told_of_resource
def rules() -> str:
    """Every rule with its severity, why it exists and how to mend what it finds."""
    from microservices_skill.app import checking

    return json.dumps([asdict(rule) for rule in checking.rules()], ensure_ascii=False)


@told_of_resource
def rule(name: str) -> str:
    """One rule, such as shared-data-store."""
    from microservices_skill.app import checking

    return json.dumps(asdict(checking.rule(name)), ensure_ascii=False)


@told_of_resource
def architecture() -> str:
    """architecture.yaml of the workspace."""
    from microservices_skill.workspace.paths import inside
    from microservices_skill.workspace.reading import read_text

    return read_text(inside(default_root(), "architecture.yaml"))


@told_of_resource
def adr(name: str) -> str:
    """A decision record of the workspace, such as ADR-001."""
    from microservices_skill.app import documents

    return documents.read_adr(default_root(), name)


@told_of_resource
def contract(path: str) -> str:
    """A contract of the workspace, such as openapi/order.json, asyncapi.json or events/order-placed.v1.json."""
    from microservices_skill.app import documents

    return documents.read_generated(default_root(), "contracts", path)


@told_of_resource
def document(path: str) -> str:
    """A document of the workspace, such as README.md, capacity.md or services/order.md."""
    from microservices_skill.app import documents

    return documents.read_generated(default_root(), "docs", path)
