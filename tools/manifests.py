"""Writes what makes the repository a plugin, a marketplace and a registry entry, all of one version: ``make regen``."""

from __future__ import annotations

import base64
import json
import tomllib
import urllib.parse
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OWNER = "microservices-skill"
REPOSITORY = f"https://github.com/{OWNER}/microservices-skill"
TITLE = "Microservices"
ABOUT = "Designs and generates microservice systems that survive failure: architecture, decisions, contracts, NestJS and FastAPI services"


def manifests() -> dict[str, dict[str, Any]]:
    """Every manifest by its path."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    author = {"name": project["authors"][0]["name"]}
    facts = {
        "name": name,
        "version": version,
        "description": ABOUT,
        "author": author,
        "repository": REPOSITORY,
        "license": project["license"],
    }
    published = {"command": "uvx", "args": [f"{name}@{version}", "serve"]}
    checkout = {"command": "uv", "args": ["run", "--project", "${CLAUDE_PLUGIN_ROOT}", name, "serve"]}
    return {
        ".claude-plugin/plugin.json": facts | {"keywords": project["keywords"], "mcpServers": {"microservices": checkout}},
        ".claude-plugin/marketplace.json": {
            "name": name,
            "description": ABOUT,
            "owner": author,
            "plugins": [{"name": name, "source": "./", "description": ABOUT, "version": version}],
        },
        "plugin.json": {"$schema": "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"} | facts,
        "mcp.json": {
            "$schema": "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json",
            "mcpServers": {"microservices": {"type": "stdio", **published}},
        },
        "manifest.json": _bundle(facts, project["requires-python"]),
        "server.json": {
            "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
            "name": f"io.github.{OWNER}/{name}",
            "title": TITLE,
            "description": ABOUT[:100].rpartition(",")[0],
            "repository": {"url": REPOSITORY, "source": "github"},
            "version": version,
            "packages": [
                {
                    "registryType": "pypi",
                    "identifier": name,
                    "version": version,
                    "runtimeHint": "uvx",
                    "packageArguments": [{"type": "positional", "value": "serve"}],
                    "transport": {"type": "stdio"},
                }
            ],
        },
    }


def _bundle(facts: dict[str, Any], python: str) -> dict[str, Any]:
    """The manifest of the MCP bundle (MCPB 0.4), which uv runs from its own folder."""
    name = facts["name"]
    return {
        "manifest_version": "0.4",
        **facts,
        "display_name": TITLE,
        "repository": {"type": "git", "url": facts["repository"]},
        "server": {
            "type": "uv",
            "entry_point": "server/microservices_skill/cli/__init__.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", name, "serve"],
                "env": {"MICROSERVICES_SKILL_ROOT": "${user_config.workspace}"},
            },
        },
        "tools_generated": True,
        "prompts_generated": True,
        "compatibility": {"platforms": ["darwin", "linux"], "runtimes": {"python": python}},
        "user_config": {
            "workspace": {
                "type": "directory",
                "title": "Project folder",
                "description": "The only folder that the server reads and writes",
                "required": True,
            }
        },
    }


def cursor_link(version: str) -> str:
    """What opens Cursor and asks whether to add the server."""
    entry = json.dumps({"command": "uvx", "args": [f"microservices-skill@{version}", "serve"]}, separators=(",", ":"))
    config = urllib.parse.quote(base64.b64encode(entry.encode()).decode())
    return f"cursor://anysphere.cursor-deeplink/mcp/install?name=microservices&config={config}"


def text(manifest: dict[str, Any]) -> str:
    """A manifest as it stands on the disk."""
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them."""
    for path, manifest in manifests().items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
