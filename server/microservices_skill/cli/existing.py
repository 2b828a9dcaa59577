"""The commands for what exists: a capability for a service, a change of an architecture, the way out of a monolith."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import architecture_argument, json_option, main, manner_options, output_option, preview_option

if TYPE_CHECKING:
    from microservices_skill.app.generation import Capability
    from microservices_skill.app.writing import Manner


@main.command()
@click.argument("capability", type=click.Choice(["resilience", "observability", "testing", "deployment", "security"]))
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--language", type=click.Choice(["typescript", "python"]), help="Where a folder has both.")
@click.option("--app", default="", metavar="PLACE", help="What makes the application: package.module:app, or src/main.ts.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Where the service listens.")
@click.option("--into", default="", metavar="FOLDER", help="Where the modules go, below the service's folder.")
@click.option("--architecture", type=click.Path(path_type=Path), help="The model of generated services, where it is elsewhere.")
@click.option("--name", default="", help="The service's name in logs, metrics and manifests.")
@manner_options
@json_option
def add(  # noqa: PLR0913 - a command's options are flat
    capability: Capability,
    folder: Path,
    *,
    language: str | None,
    app: str,
    port: int | None,
    into: str,
    architecture: Path | None,
    name: str,
    manner: Manner,
    as_json: bool,
) -> None:
    """Add a capability to a service, or bring it up to date; nothing of what you wrote is changed.

    A generated service (or, in a system's folder, all of them) gets the capability's files anew from its model. Any other FastAPI or
    NestJS service gets modules in a folder of their own, with WIRING.md and a patch that says how to take them into use.
    """
    from microservices_skill.adoption.starter import Wishes
    from microservices_skill.app import adding

    wishes = Wishes(language or "", app, port or 0, into, name)
    result = adding.add(folder, capability, wishes=wishes, manner=manner, architecture=architecture)
    presenting.show_json(result) if as_json else presenting.show_addition(result)
    sys.exit(1 if result.conflicts else 0)


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
