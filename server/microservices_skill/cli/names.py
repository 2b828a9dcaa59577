"""Names that a shell completes."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from microservices_skill.errors import SkillError


def service_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The services of the architecture that the command line names so far; none where it can't be read."""
    del parameter
    from microservices_skill.app.design import read_model  # noqa: PLC0415 - only a shell that completes needs it

    # An option that still lacks its value ends click's parsing: arguments before it are left among what was not understood.
    unread = [each for each in ctx.args if not each.startswith("-")]
    try:
        services = read_model(Path(next(iter(unread), None) or ctx.params.get("architecture") or "architecture.yaml")).services
    except SkillError:
        return []
    return [CompletionItem(each.name, help=each.responsibility) for each in services if each.name.startswith(incomplete)]
