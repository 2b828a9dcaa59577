"""Completion in the shells that click knows."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from microservices_skill.cli.commands import main

_PROGRAM = "microservices-skill"
_LOADED_BY = {
    "bash": "microservices-skill completion bash >> ~/.bashrc",
    "zsh": "microservices-skill completion zsh >> ~/.zshrc",
    "fish": "microservices-skill completion fish > ~/.config/fish/completions/microservices-skill.fish",
}


@main.command(epilog=" · ".join(_LOADED_BY.values()))
@click.argument("shell", type=click.Choice(list(_LOADED_BY)))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options, choices and names of services."""
    found = get_completion_class(shell)
    assert found is not None, "the choices are those that click knows"
    click.echo(found(main, {}, _PROGRAM, "_MICROSERVICES_SKILL_COMPLETE").source())
