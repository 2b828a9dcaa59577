"""The commands around security: the token issuer on a developer's machine, and the hardening checklist."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import folder_argument, json_option, main


@main.command()
@folder_argument
@click.option("--port", type=click.IntRange(0, 65_535), default=9400, show_default=True, help="Where it listens; 0: any free port.")
@click.option("--lifetime", type=click.IntRange(1, 86_400), default=300, show_default=True, help="Seconds that a token lives.")
def issuer(folder: Path, port: int, lifetime: int) -> None:
    """Run a token issuer for a generated system on this machine, until Ctrl-C.

    Its key and the secrets of its clients are new each time; FOLDER/.run/issuer.json holds them, with the variables of each
    service. `up --auth` does this, too. For development only: whoever can read that file can get any token.
    """
    from microservices_skill.app import access

    stopping = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopping.set())
    with access.issuer(folder, port=port, lifetime_s=lifetime) as told:
        click.echo(f"AUTH_ISSUER={told.issuer}\nAUTH_JWKS_URL={told.jwks_url}\nAUTH_TOKEN_URL={told.token_url}")
        sys.stdout.flush()
        stopping.wait()


@main.command()
@folder_argument
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="What it allows; may be repeated. Everything, where none is given.")
@click.option(
    "--audience", "audiences", multiple=True, metavar="SERVICE", help="Whom it is for; may be repeated. Else all that know the scopes."
)
@click.option("--subject", default="", metavar="NAME", help="In whose name; else your own as the issuer's client.")
def token(folder: Path, scopes: tuple[str, ...], audiences: tuple[str, ...], subject: str) -> None:
    """Print a token of the issuer that runs for a generated system, for calls by hand.

    curl -H "Authorization: Bearer $(microservices-skill token --scope orders:write)" …
    """
    from microservices_skill.app import access

    click.echo(access.token(folder, scopes=scopes, audiences=audiences, subject=subject))


@main.command()
@folder_argument
@click.option("--architecture", type=click.Path(path_type=Path), help="The model; FOLDER/architecture.yaml by default.")
@json_option
def harden(folder: Path, architecture: Path | None, *, as_json: bool) -> None:
    """Check a generated system, as it stands on this disk, by the hardening checklist.

    docs/security/hardening.md lists the items. Exit code 1 where one does not hold.
    """
    from microservices_skill.app import hardening

    found = hardening.harden(folder, architecture or folder / "architecture.yaml")
    presenting.show_json(found) if as_json else presenting.show_hardening(found)
    sys.exit(0 if found.ok else 1)
