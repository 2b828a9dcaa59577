"""A form at a terminal for the discovery questions."""

from __future__ import annotations

from pathlib import Path

import click

from microservices_skill.app import discovery

_LATER = "(later)"


def interview(path: Path, *, preview: bool = False) -> dict[str, str]:
    """Ask for what is missing, question by question; an empty answer leaves one open, Ctrl-C ends and keeps what was said.

    Each answer is kept as soon as it is given, so that the next run goes on there; a preview keeps none.
    """
    given: dict[str, str] = {}
    sections = discovery.open_sections(path)
    left = sum(len(section.fields) for section in sections)
    try:
        for section in sections:
            click.secho(f"\n{section.title}", bold=True)
            for each in section.fields:
                click.echo(f"\n{click.style(f'{left} to go', dim=True)}  why: {each.why}\n  decides: {each.decides}")
                left -= 1
                answer = _asked(each)
                if answer:
                    given[each.key] = answer
                    discovery.ask(path, given={each.key: answer}, preview=preview)
    except KeyboardInterrupt:
        click.echo(f"\nstopped; {'nothing is kept' if preview else f'{path} keeps what you answered, ask goes on from there'}")
    return given


def _asked(field: discovery.FormField) -> str:
    """One answer as text; empty where it is left open."""
    import questionary  # noqa: PLC0415 - only the form needs it

    what = field.question if field.required else f"{field.question} (optional)"
    if field.several:
        hint = "(space marks, enter ends; none marked: later)"
        return ", ".join(questionary.checkbox(what, list(field.choices), instruction=hint).unsafe_ask())
    if field.choices:
        found: str = questionary.select(what, [*field.choices, questionary.Choice(_LATER, "")]).unsafe_ask()
        return found
    typed: str = questionary.text(what, validate=lambda text: not text.strip() or discovery.objection(field.key, text) or True).unsafe_ask()
    return typed.strip()


def settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """``KEY=VALUE`` pairs as a mapping."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--set")
        found[key.strip()] = value.strip()
    return found
