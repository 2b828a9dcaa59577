"""Why a system cannot be run or followed here: each says where, what, and what to do."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.errors import SkillError


class NotASystemError(SkillError):
    """A folder that holds no generated system."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(f"{folder}: {what}; give the folder of a generated system, or make one with `microservices-skill generate`")


class MalformedLineError(SkillError):
    """A line of a file that people may have edited and that cannot be read."""

    def __init__(self, name: str, line: int, expected: str) -> None:
        super().__init__(f"{name}:{line}: cannot be read; expected {expected}; mend the line or generate the file again")


class MissingVariableError(SkillError):
    """A variable that a process needs and nobody sets."""

    def __init__(self, process: str, variable: str) -> None:
        super().__init__(f"Procfile: {process} needs ${variable}, which nothing sets; set it in .env as .env.example does")


class MissingToolError(SkillError):
    """A tool that is not there or too old."""

    def __init__(self, tool: str, found: str, needed: str) -> None:
        super().__init__(f"{tool}: {found}, and {needed}; install it and put it first in PATH")


class UnreachableError(SkillError):
    """A server that nobody can connect to."""

    def __init__(self, server: str, address: str, reason: str, option: str) -> None:
        super().__init__(f"{server} does not answer at {address} ({reason}); start it there, or say with {option} where it is")


class PortTakenError(SkillError):
    """A port that somebody else listens on."""

    def __init__(self, service: str, port: int, variable: str) -> None:
        super().__init__(f"port {port} of {service} is taken; stop what listens there, or set {variable} to another port in .env")


class PreparationError(SkillError):
    """A step before the start that failed."""

    def __init__(self, service: str, step: str, said: str) -> None:
        tail = "\n".join(said.strip().splitlines()[-15:])
        super().__init__(f"{service}: {step} failed; mend what it says and run up again:\n{tail}")


class NoStoryError(SkillError):
    """An id of which no log tells."""

    def __init__(self, identity: str, folder: Path, records: int) -> None:
        super().__init__(
            f"{folder}: none of {records} log records mentions {identity!r}; give the id of an entity, a request (X-Request-ID) or a trace"
            " of the last run"
        )


class NoLogsError(SkillError):
    """A folder where nothing has run yet."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: there are no logs; run the system first with `microservices-skill up`")


class NoClientsError(SkillError):
    """A system whose clients are not known."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}; make it with `microservices-skill generate`, it names the clients of the token issuer")


class NoIssuerError(SkillError):
    """A folder where no issuer has run."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no issuer has run; start one with `microservices-skill up --auth` or `microservices-skill issuer`")


class IssuerPortError(SkillError):
    """A port on which the issuer cannot listen."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"the issuer cannot listen on port {port} ({reason}); choose another with --port")


class IssuerRefusedError(SkillError):
    """An issuer that gives no token, or is not there."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} gives no token: {reason}; if it has ended, start it again with `microservices-skill up --auth`")


class UnknownScopeError(SkillError):
    """A scope or an audience that the system does not have."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no {kind} {name!r} in this system; known: {', '.join(known) or 'none'}")
