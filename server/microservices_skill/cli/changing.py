"""The command that changes an architecture which was accepted."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

import sys
from pathlib import Path

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import architecture_argument, json_option, main, output_option, preview_option


@main.command()
@architecture_argument
@click.option(
    "--against", type=click.Path(path_type=Path), required=True, help="The version that was accepted: git show HEAD:architecture.yaml"
)
@click.option("--title", default="", help="Record the change as a decision of this title; without, only say what it does.")
@click.option("--why", default="", help="Why it is made.")
@click.option("--supersedes", multiple=True, metavar="ADR-NNN", help="A decision that it takes the place of; may be repeated.")
@output_option
@preview_option
@json_option
def change(  # noqa: PLR0913 - a command's options are flat
    architecture: Path, *, against: Path, title: str, why: str, supersedes: tuple[str, ...], output: Path, preview: bool, as_json: bool
) -> None:
    """Say what a change of the architecture does and whom it touches, and record it as a decision.

    Exit code 1 where it would break those who rely on the version before.
    """
    from microservices_skill.app import changing

    result = changing.change_architecture(
        output, architecture, against=against, title=title, why=why, supersedes=supersedes, preview=preview
    )
    presenting.show_json(result) if as_json else presenting.show_change(result)
    sys.exit(1 if result.broken else 0)
