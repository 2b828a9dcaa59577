"""The command that serves the tools: to one agent over stdin and stdout, or to a team over HTTP."""

# ruff: noqa: PLC0415 - a command imports what it needs; only serve may import mcp

from __future__ import annotations

from pathlib import Path

import click

from microservices_skill.cli.commands import main

_OVER_HTTP = "With --http: "


@main.command()
@click.option("--http", is_flag=True, help="Serve a team over HTTP, at /mcp; needs the extra http.")
@click.option("--host", help=f"{_OVER_HTTP}where to listen.  [default: 127.0.0.1]")
@click.option("--port", type=int, help=f"{_OVER_HTTP}the port.  [default: 8080]")
@click.option("--workers", type=int, help=f"{_OVER_HTTP}processes that answer.  [default: 1]")
@click.option("--root", type=click.Path(path_type=Path), help=f"{_OVER_HTTP}the folder that holds each caller's workspace.")
@click.option("--issuer", metavar="URL", help=f"{_OVER_HTTP}who issues tokens.")
@click.option("--jwks", metavar="URL|FILE", help=f"{_OVER_HTTP}the issuer's keys.")
@click.option("--public-url", metavar="URL", help=f"{_OVER_HTTP}the server as clients name it.")
@click.option("--audit-log", metavar="FILE", help=f"{_OVER_HTTP}stderr, stdout or a file.  [default: stderr]")
@click.option("--timeout-graceful-shutdown", type=int, metavar="SECONDS", help=f"{_OVER_HTTP}patience with running calls.  [default: 20]")
@click.option("--insecure-no-auth", is_flag=True, help=f"{_OVER_HTTP}check no tokens; only on this machine.")
def serve(*, http: bool, **options: object) -> None:
    """Serve the tools over MCP on stdin and stdout, or with --http to a team.

    Each option is also read from the environment as MICROSERVICES_SKILL_HTTP_<NAME>; settings without an option, such as
    ALLOWED_HOSTS and STATE_KEYS, only from there.
    """
    given = {name: value for name, value in options.items() if value not in (None, False)}
    if http:
        from microservices_skill.http_server.serving import serve as serve_http

        serve_http(given, say=lambda text: click.echo(text, err=True))
        return
    if given:
        raise click.UsageError(f"--{next(iter(given)).replace('_', '-')} needs --http")
    from microservices_skill.mcp_server.server import serve as serve_stdio

    serve_stdio()
