"""Runs a generated system on this machine, and tells what happened in it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from microservices_skill.app import access
from microservices_skill.app.results import Story, StoryLine
from microservices_skill.running import checking, preparing, story
from microservices_skill.running.errors import NoStoryError
from microservices_skill.running.logs import read_logs
from microservices_skill.running.supervisor import Audience, Supervisor
from microservices_skill.running.system import LOGS, read_system


def up(
    root: Path, audience: Audience, *, database_url: str = "", broker_url: str = "", keep_going: bool = False, auth: bool = False
) -> bool:
    """Install, migrate and run every service below ``root`` until it is asked to stop; whether it was, rather than failing.

    With ``auth``, an issuer runs beside them and they check its tokens.

    Raises:
        SkillError: there is no system, a tool or server is missing, a port is taken, or a service cannot be prepared.

    """
    system = read_system(root.resolve(), database_url=database_url, broker_url=broker_url)
    checking.check(system)
    preparing.prepare(system, audience.step)
    with ExitStack() as stack:
        if auth:
            told = stack.enter_context(access.issuer(system.root))
            audience.step("issuer", f"gives tokens at {told.token_url}; get one with: microservices-skill token")
            system = replace(system, own=told.services)
        return Supervisor(system, audience).run(keep_going=keep_going)


def trace(root: Path, identity: str) -> Story:
    """What happened to an entity, a request or a trace, across all services of the last run.

    Raises:
        SkillError: nothing has run, or nothing tells of the id.

    """
    records = read_logs(root)
    found = story.tell(records, identity) if identity else ()
    if not found:
        raise NoStoryError(identity, root / LOGS, len(records))
    lines = tuple(
        StoryLine(
            offset_s=round((each.at - found[0].at).total_seconds(), 3),
            at=each.at.isoformat(),
            service=each.service,
            event=each.event,
            level=each.level,
            trace_id=each.trace_id,
            details=each.details,
        )
        for each in found
    )
    services = tuple(dict.fromkeys(each.service for each in lines))
    return Story(identity, services, tuple(dict.fromkeys(each.trace_id for each in lines if each.trace_id)), lines)
