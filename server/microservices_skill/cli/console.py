"""A running system on a terminal: lines of all services, each under its service's name and colour."""

from __future__ import annotations

import json
import os
import sys

import click

from microservices_skill.app.results import Story

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")
_LEVELS = {"warning": "yellow", "error": "red", "critical": "red"}


def is_colourful() -> bool:
    """Whether colours are wanted: on a terminal, and not where NO_COLOR is set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Console:
    """Prints a run; each service keeps the colour that it got first."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._to_stderr = to_stderr
        self._is_colourful = is_colourful()
        self._names: list[str] = []

    def step(self, service: str, text: str) -> None:
        """What is done for a service, or what became of it."""
        self._print(service, text, is_bold=True)

    def line(self, service: str, text: str) -> None:
        """A line of its log."""
        self._print(service, text)

    def ready(self, addresses: dict[str, str]) -> None:
        """Every service answers."""
        width = max(map(len, addresses), default=0)
        lines = [f"  {name.ljust(width)}  {url}" for name, url in addresses.items()]
        self._echo("\n".join(["ready; stop with Ctrl-C", *lines]))

    def _print(self, service: str, text: str, *, is_bold: bool = False) -> None:
        if service not in self._names:
            self._names.append(service)
        colour = _COLOURS[self._names.index(service) % len(_COLOURS)]
        self._echo(f"{click.style(service.ljust(14), fg=colour)} | {click.style(text, bold=is_bold)}")

    def _echo(self, text: str) -> None:
        click.echo(text if self._is_colourful else click.unstyle(text), color=self._is_colourful, err=self._to_stderr)
        sys.stdout.flush()


def show_story(story: Story) -> None:
    """One line each: when, where, what, and what is particular to it."""
    width = max(len(each.service) for each in story.lines)
    for each in story.lines:
        said = " ".join(f"{name}={_value(value)}" for name, value in each.details.items())
        event = click.style(each.event, fg=_LEVELS.get(each.level), bold=True) + " " * (20 - len(each.event))
        line = f"{each.offset_s:+9.3f}s  {each.service.ljust(width)}  {event}  {said}".rstrip()
        click.echo(line if is_colourful() else click.unstyle(line), color=is_colourful())


def _value(value: object) -> str:
    return value if isinstance(value, str) and value and " " not in value else json.dumps(value, ensure_ascii=False)
