"""Judges an architecture again each time it is saved."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import architecture_argument, main
from microservices_skill.cli.excerpts import explanation
from microservices_skill.errors import SkillError

if TYPE_CHECKING:
    from microservices_skill.app.results import FindingSummary

PAUSE_MS = 150
"""An editor may write a file in several steps; they count as one."""


@main.command()
@architecture_argument
@click.option("--against", type=click.Path(path_type=Path), help="An earlier version, to find what breaks those who rely on it.")
def watch(architecture: Path, against: Path | None) -> None:
    """Validate an architecture again whenever it is saved: what is new, what is mended. Stop with Ctrl-C."""
    if not architecture.parent.is_dir():
        raise click.BadParameter(f"there is no folder {architecture.parent}; make it first", param_hint="ARCHITECTURE")
    known = _judged(architecture, against, None)
    click.echo(f"watching {architecture}; stop with Ctrl-C")
    for _ in _saves(architecture):
        known = _judged(architecture, against, known)


def _saves(path: Path) -> Iterator[None]:
    """Each time the file was written; its folder is watched, as editors put a new file in the old one's place."""
    from watchfiles import watch as watching

    wanted = path.resolve()
    for _ in watching(
        wanted.parent,
        watch_filter=lambda _, changed: Path(changed) == wanted,
        debounce=PAUSE_MS,
        step=PAUSE_MS // 3,
        recursive=False,
        raise_interrupt=False,
    ):
        yield


def _judged(path: Path, against: Path | None, known: tuple[FindingSummary, ...] | None) -> tuple[FindingSummary, ...] | None:
    """Say what changed since the findings that are known; a document that can't be read is said, and what was known stays."""
    from microservices_skill.app import checking
    from microservices_skill.cli.excerpts import forget

    forget()
    try:
        result = checking.validate(path, against=against, shown=100_000)
    except SkillError as error:
        click.echo(f"{click.style('error', fg='red')}: {explanation(error)}")
        return known
    now = {_identity(each): each for each in result.findings}
    before = {_identity(each): each for each in known or ()}
    for identity, each in now.items():
        if identity not in before:
            presenting.show_finding(result.source, each)
    for identity, each in before.items():
        if identity not in now:
            click.secho(f"mended {each.rule} {each.location or '/'}: {each.message}", fg="green")
    presenting.show_verdict(result)
    return result.findings


def _identity(finding: FindingSummary) -> tuple[str, str, str, bool]:
    """What makes it the same one although its line moved."""
    return finding.rule, finding.location, finding.message, bool(finding.accepted)
