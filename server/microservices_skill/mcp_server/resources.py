"""The resources: the model's schema, the rules, the current architecture, the decisions and the skill itself."""

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
    server.resource("microservices://architecture", title="The current architecture", mime_type="application/yaml")(architecture)
    server.resource("microservices://adr/{name}", title="A decision record", mime_type=MARKDOWN)(adr)
    server.resource("microservices://skill", title="The skill", mime_type=MARKDOWN)(skill)
    server.resource("microservices://skill/{problem}", title="The skill's reference for a problem type", mime_type=MARKDOWN)(reference)


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
def skill() -> str:
    """SKILL.md: when and how to use the tools."""
    from microservices_skill.workspace.skill import skill_text

    return skill_text("SKILL.md")


@told_of_resource
def reference(problem: str) -> str:
    """The reference for one problem type, such as resilience."""
    from microservices_skill.workspace.skill import skill_text

    return skill_text(f"references/{problem}.md")
