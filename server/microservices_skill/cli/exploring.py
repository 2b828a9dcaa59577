"""The command that makes the explorer page."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

from pathlib import Path

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import architecture_argument, json_option, main, preview_option


@main.command()
@architecture_argument
@click.option("-o", "--output", type=click.Path(path_type=Path), default="docs/architecture.html", show_default=True, help="The page.")
@click.option("--against", type=click.Path(path_type=Path), help="An earlier version: the page also shows what differs.")
@preview_option
@json_option
def explore(architecture: Path, output: Path, *, against: Path | None, preview: bool, as_json: bool) -> None:
    """Write a page on which the architecture can be looked at, without any network.

    A map of services, owners, stores, calls and events; findings where they stand; sagas step by step, with their compensations; time and
    availability along a path; what differs from an earlier version. It is one file of about 2 MB and a document: beside the decisions,
    docs/ is its place.
    """
    from microservices_skill.app import exploring

    result = exploring.explore(architecture, output, against=against, preview=preview)
    presenting.show_json(result) if as_json else presenting.show_exploration(result)
