"""The command that plans the way out of a monolith."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import json_option, main, manner_options, output_option

if TYPE_CHECKING:
    from microservices_skill.app.writing import Manner


@main.command()
@click.argument("monolith", type=click.Path(path_type=Path), default="monolith.yaml")
@click.option(
    "--architecture",
    type=click.Path(path_type=Path),
    default="architecture.yaml",
    show_default=True,
    help="Services that it has are taken as they are there.",
)
@output_option
@manner_options
@json_option
def plan_migration(monolith: Path, architecture: Path, output: Path, *, manner: Manner, as_json: bool) -> None:
    """Plan the way out of a monolith: what leaves first, routes and streams of each step, and how it is taken back.

    MONOLITH says what modules there are, which tables they write and what traffic they carry: references/migration.md.
    """
    from microservices_skill.app import migrating

    result = migrating.plan_migration(output, monolith, architecture=architecture, manner=manner)
    presenting.show_json(result) if as_json else presenting.show_migration(result)
    sys.exit(1 if result.conflicts else 0)
