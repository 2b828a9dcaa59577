"""The commands that bring the tools into agents' clients, and say what is wrong there."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

import sys
from pathlib import Path

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import json_option, main, preview_option

CLIENTS = ["claude-code", "codex", "cursor", "vscode", "windsurf"]


@main.command()
@click.option("--client", type=click.Choice(CLIENTS), required=True, help="The agent's client.")
@click.option(
    "--scope", type=click.Choice(["project", "user"]), default="project", show_default=True, help="This folder, or you everywhere."
)
@click.option("--command", default="", metavar="WORDS", help='What starts the server, such as "uvx microservices-skill@0.1.0 serve".')
@click.option("--undo", is_flag=True, help="Take it out again.")
@preview_option
@json_option
def install(client: str, scope: str, command: str, *, undo: bool, preview: bool, as_json: bool) -> None:
    """Write the MCP server into a client's settings, beside what is there, and copy the skill.

    What you have edited in either stays, and --undo takes out what was written.
    """
    from microservices_skill.app import installing

    if undo:
        result = installing.uninstall(client, scope, project=Path.cwd(), home=Path.home())
    else:
        result = installing.install(client, scope, project=Path.cwd(), home=Path.home(), command=command, preview=preview)
    presenting.show_json(result) if as_json else presenting.show_installation(result)
    sys.exit(1 if result.conflicts else 0)


@main.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Say what of the installation works on this machine, and how to mend what does not."""
    from microservices_skill.app import installing

    found = list(installing.diagnose(project=Path.cwd(), home=Path.home()))
    presenting.show_json(found) if as_json else presenting.show_diagnoses(found)
    sys.exit(0 if all(each.ok for each in found) else 1)
