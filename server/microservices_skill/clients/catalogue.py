"""Where each client keeps its MCP servers and its skills.

Sources: code.claude.com/docs (mcp, skills), cursor.com/docs (context/mcp, skills), code.visualstudio.com/docs (copilot/chat/mcp-servers),
developers.openai.com/codex (config), docs.windsurf.com (cascade/mcp, skills)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SERVER = "microservices"
"""The name of our server in every client: tools are called with it, so it is short."""


class Scope(StrEnum):
    """For everybody who works on a project, or for one person everywhere."""

    PROJECT = "project"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Client:
    """A client: files by scope, below the project's or the person's home folder; a scope that it does not know is left out.

    ``key`` is what its servers stand under; ``extra`` what each entry has beside command and args.
    """

    name: str
    settings: Mapping[Scope, str]
    skills: Mapping[Scope, str]
    key: str = "mcpServers"
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_toml(self) -> bool:
        """Whether its settings are TOML."""
        return all(path.endswith(".toml") for path in self.settings.values())


CLIENTS = {
    client.name: client
    for client in (
        Client(
            "claude-code",
            settings={Scope.PROJECT: ".mcp.json", Scope.USER: ".claude.json"},
            skills={Scope.PROJECT: ".claude/skills", Scope.USER: ".claude/skills"},
        ),
        Client(
            "codex",
            settings={Scope.USER: ".codex/config.toml"},
            skills={Scope.PROJECT: ".agents/skills", Scope.USER: ".agents/skills"},
            key="mcp_servers",
        ),
        Client(
            "cursor",
            settings={Scope.PROJECT: ".cursor/mcp.json", Scope.USER: ".cursor/mcp.json"},
            skills={Scope.PROJECT: ".cursor/skills", Scope.USER: ".cursor/skills"},
        ),
        Client(
            "vscode",
            settings={Scope.PROJECT: ".vscode/mcp.json"},
            skills={Scope.PROJECT: ".agents/skills"},
            key="servers",
            extra={"type": "stdio"},
        ),
        Client(
            "windsurf",
            settings={Scope.USER: ".codeium/windsurf/mcp_config.json"},
            skills={Scope.PROJECT: ".windsurf/skills", Scope.USER: ".codeium/windsurf/skills"},
        ),
    )
}
