"""Asks a person at a terminal, section by section."""

from __future__ import annotations

from pathlib import Path

import click

from microservices_skill.app import discovery


def interview(path: Path) -> dict[str, str]:
    """Ask for what is missing; an empty answer leaves a question open."""
    given: dict[str, str] = {}
    for section in discovery.open_sections(path):
        click.secho(f"\n{section.title}", bold=True)
        for each in section.fields:
            click.echo(f"\n{each.question}\n  why: {each.why}" + (f"\n  one of: {', '.join(each.choices)}" if each.choices else ""))
            answer = click.prompt(f"  {each.key}", default="", show_default=False)
            if answer:
                given[each.key] = answer
    return given


def settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """``KEY=VALUE`` pairs as a mapping."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--set")
        found[key.strip()] = value.strip()
    return found
