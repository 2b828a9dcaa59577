"""The commands: each reads its input, calls one function of ``app`` and presents the result."""

# ruff: noqa: PLC0415 - a command imports what it needs; only serve may import mcp

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from microservices_skill import __version__
from microservices_skill.cli import presenting
from microservices_skill.cli.excerpts import explanation
from microservices_skill.cli.names import service_names
from microservices_skill.errors import SkillError
from microservices_skill.workspace.errors import DiskError

if TYPE_CHECKING:
    from microservices_skill.app.generation import Capability
    from microservices_skill.app.results import Writing
    from microservices_skill.app.writing import Manner

F = TypeVar("F", bound=Callable[..., Any])


class Refusal(click.ClickException):
    """A request that cannot be carried out: its text on stderr, exit code 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's signature
        """Print where, what, and what to do."""
        click.echo(f"{click.style('error', fg='red')}: {self.message}", err=True, file=file)


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SkillError as error:
            raise Refusal(explanation(error)) from error
        except BrokenPipeError:  # whoever reads has read enough, which click knows
            raise
        except OSError as error:
            raise Refusal(str(DiskError(error.filename or "the disk", error))) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="microservices-skill")
def main() -> None:
    """From a team's answers to a running microservice system.

    Exit codes: 0 fine, 1 findings of severity error or refused, 2 wrong usage.
    """


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
preview_option = click.option("--preview", is_flag=True, help="Only say what would be written.")
architecture_argument = click.argument("architecture", type=click.Path(path_type=Path), default="architecture.yaml")


_MANNER = (
    preview_option,
    click.option("--diff", is_flag=True, help="Only say what would be written, as a diff."),
    click.option(
        "--conflicts",
        type=click.Choice(["stop", "markers"]),
        default="stop",
        show_default=True,
        help="Where you and the generator changed the same lines: write nothing, or both between markers.",
    ),
    click.option("--ours", multiple=True, metavar="PATH", help="Where this file or folder conflicts, take your lines; may be repeated."),
    click.option("--theirs", multiple=True, metavar="PATH", help="There take the generated lines; brings deleted files back."),
)


def manner_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that writes what is generated, given to it as ``manner``."""

    @functools.wraps(command)
    def given(*, preview: bool, diff: bool, conflicts: str, ours: tuple[str, ...], theirs: tuple[str, ...], **rest: object) -> None:
        from microservices_skill.app.writing import Manner
        from microservices_skill.regeneration.request import Choices

        choices = Choices(markers=conflicts == "markers", ours=ours, theirs=theirs)
        command(manner=Manner(preview=preview or diff, diff=diff, choices=choices), **rest)

    for option in reversed(_MANNER):
        given = option(given)
    return given


def _show_writing(result: Writing, *, as_json: bool) -> None:
    presenting.show_json(result) if as_json else presenting.show_writing(result)
    sys.exit(1 if result.conflicts else 0)


def output_option(command: F) -> F:
    """The option of a command that writes below a folder."""
    return click.option(
        "-o", "--output", type=click.Path(path_type=Path, file_okay=True), default=".", show_default=True, help="Folder to write into."
    )(command)


@main.command()
@click.option("--answers", type=click.Path(path_type=Path), default="answers.yaml", show_default=True, help="Where the answers are kept.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Answer a question; may be repeated.")
@preview_option
@json_option
def ask(answers: Path, settings: tuple[str, ...], *, preview: bool, as_json: bool) -> None:
    """Ask the discovery questions and keep the answers.

    On a terminal it is a form, which keeps each answer at once and goes on where it was left; elsewhere it says what is missing. Exit
    code 1 while required answers are missing.
    """
    from microservices_skill.app import discovery
    from microservices_skill.cli import asking

    given: dict[str, Any] = asking.settings(settings)
    if not settings and not as_json and sys.stdin.isatty():
        given = asking.interview(answers, preview=preview)
    result = discovery.ask(answers, given=given, preview=preview)
    presenting.show_json(result) if as_json else presenting.show_questionnaire(result)
    sys.exit(0 if result.status == "complete" else 1)


@main.command()
@click.option("--answers", type=click.Path(path_type=Path), default="answers.yaml", show_default=True, help="The answers.")
@click.option("--draft", type=click.Path(path_type=Path), help="A draft of services in the shape of architecture.yaml.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default="architecture.yaml", show_default=True, help="What to write.")
@preview_option
@json_option
def propose(answers: Path, draft: Path | None, output: Path, *, preview: bool, as_json: bool) -> None:
    """Propose an explained architecture from the answers."""
    from microservices_skill.app import discovery

    given = discovery.read_draft(draft) if draft is not None else {}
    result = discovery.propose(answers, output=output, draft=given, preview=preview)
    presenting.show_json(result) if as_json else presenting.show_proposal(result)


@main.command()
@architecture_argument
@click.option("--against", type=click.Path(path_type=Path), help="An earlier version, to find what breaks those who rely on it.")
@json_option
def validate(architecture: Path, against: Path | None, *, as_json: bool) -> None:
    """Judge an architecture by every rule."""
    from microservices_skill.app import checking

    result = checking.validate(architecture, against=against, shown=100_000 if as_json else checking.SHOWN)
    presenting.show_json(result) if as_json else presenting.show_validation(result)
    sys.exit(0 if result.ok else 1)


@main.command()
@architecture_argument
@output_option
@manner_options
@json_option
def adr(architecture: Path, output: Path, *, manner: Manner, as_json: bool) -> None:
    """Write the architecture decision records with their diagrams."""
    from microservices_skill.app import documents

    _show_writing(documents.render_adr(output, architecture, manner=manner), as_json=as_json)


@main.command()
@architecture_argument
@click.option("--assumptions", type=click.Path(path_type=Path), help="Traffic, servers and prices; else capacity.yaml beside it.")
@click.option("--init", is_flag=True, help="Write capacity.yaml with every default, to be changed.")
@json_option
def capacity(architecture: Path, assumptions: Path | None, *, init: bool, as_json: bool) -> None:
    """Reckon rates, instances, pools, storage, budgets and cost from the answers.

    --json shows each figure with its formula and where it comes from; docs/capacity.md does for people.
    """
    from microservices_skill.app import planning

    if init:
        click.echo(f"wrote {planning.start_assumptions(architecture)}: change what you know better, and run capacity again")
        return
    result = planning.capacity(architecture, assumptions=assumptions)
    presenting.show_json(result) if as_json else presenting.show_capacity(result)


@main.command()
@architecture_argument
@output_option
@manner_options
@json_option
def contracts(architecture: Path, output: Path, *, manner: Manner, as_json: bool) -> None:
    """Write OpenAPI, AsyncAPI and the events' JSON Schemas."""
    from microservices_skill.app import documents

    _show_writing(documents.contracts(output, architecture, manner=manner), as_json=as_json)


@main.command()
@architecture_argument
@click.option("--name", help="Only this diagram.")
@json_option
def diagram(architecture: Path, name: str | None, *, as_json: bool) -> None:
    """Print the system's diagrams in Mermaid."""
    from microservices_skill.app import documents

    drawn = documents.diagrams(architecture)
    if name is not None and name not in drawn:
        raise click.BadParameter(f"there is no diagram {name!r}; known: {', '.join(drawn)}", param_hint="--name")
    chosen = drawn if name is None else {name: drawn[name]}
    if as_json:
        presenting.show_json(chosen)
        return
    for title, text in chosen.items():
        click.echo(f"%% {title}\n{text.rstrip()}\n")


@main.command()
@architecture_argument
@output_option
@click.option("--service", help="Only this service.", shell_complete=service_names)
@click.option(
    "--capability",
    type=click.Choice(["all", "resilience", "observability", "testing", "deployment", "security"]),
    default="all",
    show_default=True,
    help="Only the files of one capability; needs --service.",
)
@click.option(
    "--language",
    type=click.Choice(["typescript", "python", "both"]),
    help="Generate in this language, whatever the model says; both: side by side.",
)
@click.option("--allow-destructive", is_flag=True, help="Also make migrations that drop what is left behind, or cut values.")
@manner_options
@json_option
def generate(  # noqa: PLR0913 - a command's options are flat
    architecture: Path,
    output: Path,
    *,
    service: str | None,
    capability: Capability,
    language: str | None,
    allow_destructive: bool,
    manner: Manner,
    as_json: bool,
) -> None:
    """Generate the whole system, or one service of it; again after every change of the model.

    What people wrote since is merged with what is generated now. Where both changed the same lines nothing is written, and
    the exit code is 1, until --ours, --theirs or --conflicts markers says what to do.
    """
    from microservices_skill.app import generation

    if service is None and capability != "all":
        raise click.UsageError("--capability needs --service")
    shown = None if as_json else presenting.progress()
    how: dict[str, Any] = {"language": language or "", "allow_destructive": allow_destructive, "manner": manner, "progress": shown}
    if service is None:
        result = generation.generate_system(output, architecture, **how)
    else:
        result = generation.generate_service(output, architecture, service=service, capability=capability, **how)
    _show_writing(result, as_json=as_json)


folder_argument = click.argument("folder", type=click.Path(path_type=Path), default=".")


@main.command()
def schema() -> None:
    """Print the JSON Schema of architecture.yaml."""
    from microservices_skill.app import checking

    presenting.show_json(checking.schema())


@main.command()
@json_option
def rules(*, as_json: bool) -> None:
    """List the rules."""
    from microservices_skill.app import checking

    found = checking.rules()
    presenting.show_json(found) if as_json else presenting.show_rules(found)
