"""The commands that run a generated system on this machine, tell what happened in it, and break it."""

# ruff: noqa: PLC0415 - a command imports what it needs

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from microservices_skill.cli import presenting
from microservices_skill.cli.commands import folder_argument, json_option, main


@main.command()
@folder_argument
@click.option(
    "--database-url", envvar="DATABASE_URL", default="", metavar="URL", help="PostgreSQL server; else what .env says. [DATABASE_URL]"
)
@click.option("--broker-url", envvar="BROKER_URL", default="", metavar="URL", help="RabbitMQ; else what .env says. [BROKER_URL]")
@click.option("--keep-going", is_flag=True, help="Let the others run on where one service ends.")
@click.option("--auth", is_flag=True, help="Run a token issuer, too; services check its tokens and use their own.")
def up(folder: Path, database_url: str, broker_url: str, *, keep_going: bool, auth: bool) -> None:
    """Run every service of a generated system on this machine, without containers.

    Installs, builds and migrates what is not yet, then runs all until Ctrl-C; logs are kept in FOLDER/.run. Needs PostgreSQL and
    RabbitMQ. Exit code 1 where a service ends by itself.
    """
    from microservices_skill.app import running
    from microservices_skill.cli.console import Console

    was_asked = running.up(folder, Console(), database_url=database_url, broker_url=broker_url, keep_going=keep_going, auth=auth)
    sys.exit(0 if was_asked else 1)


@main.command()
@click.argument("identity", metavar="ID")
@folder_argument
@json_option
def trace(identity: str, folder: Path, *, as_json: bool) -> None:
    """Tell what happened to an entity, a request or a trace, across the services of the last run.

    ID is an entity's id, a request id or a trace id.
    """
    from microservices_skill.app import running
    from microservices_skill.cli import console

    story = running.trace(folder, identity)
    presenting.show_json(story) if as_json else console.show_story(story)


@main.command()
@folder_argument
@click.option("--requests", type=click.IntRange(1, 60_000), default=1000, show_default=True, help="Requests that start sagas.")
@click.option("--kills", type=click.IntRange(1, 1000), default=20, show_default=True, help="Kills of services; other faults in proportion.")
@click.option("--seed", type=int, default=1, show_default=True, help="What is sent and broken is drawn from it.")
@click.option("--patience", type=click.IntRange(1), default=240, show_default=True, help="Seconds in which everything must have recovered.")
@click.option("--database-url", default="", metavar="URL", help="A PostgreSQL to cut off, in place of an own one to kill.")
@click.option("--broker-url", default="", metavar="URL", help="A RabbitMQ to cut off, in place of an own one to kill.")
@json_option
def chaos(  # noqa: PLR0913 - options
    folder: Path, requests: int, kills: int, seed: int, patience: int, database_url: str, broker_url: str, *, as_json: bool
) -> None:
    """Break a generated system under load and check that nothing was lost or done twice.

    Runs it on a PostgreSQL and a RabbitMQ of its own, sends what chaos/scenario.yaml says, kills services and servers, cuts and slows
    connections, repeats and reorders messages, and compares all databases afterwards. The report is kept in FOLDER/.run/chaos.json.
    Exit code 1 where something does not hold.
    """
    from microservices_skill.app import proving
    from microservices_skill.chaos.options import Options
    from microservices_skill.cli.console import Console

    options = Options(seed=seed, requests=requests, kills=kills, patience_s=patience, database_url=database_url, broker_url=broker_url)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever ends it, what it has started ends, too
    report = proving.chaos(folder, Console(to_stderr=as_json), options)
    presenting.show_json(report) if as_json else presenting.show_chaos(report)
    sys.exit(0 if report.ok else 1)
