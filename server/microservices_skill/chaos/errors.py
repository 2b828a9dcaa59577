"""Why a system cannot be put to the proof here: each says where, what, and what to do."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.errors import SkillError


class NoPlanError(SkillError):
    """A system without a saga that runs, or one that an older version made."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: there is no such file; it is generated for systems with a saga that runs: complete one in architecture.yaml (see the"
            " rules incomplete-orchestration and incomplete-choreography), or generate the system again"
        )


class ScenarioMismatchError(SkillError):
    """A scenario that names what the plan does not know."""

    def __init__(self, path: Path, what: str, name: str, known: list[str]) -> None:
        super().__init__(f"{path}: the system has no {what} {name!r}; it has {', '.join(known) or 'none'}; mend the scenario")


class UnstartedSagaError(SkillError):
    """A saga for which a scenario has no request."""

    def __init__(self, path: Path, saga: str) -> None:
        super().__init__(f"{path}: nothing starts {saga}; add it to sagas, with the body of a request")


class MissingDriverError(SkillError):
    """The packages that look into databases and queues are not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"{module} is not installed, and the proof looks into databases and queues with it; pip install 'microservices-skill[chaos]'"
        )


class UnobservedBrokerError(SkillError):
    """The proof does not look into the system's broker yet."""

    def __init__(self, broker: str, observed: tuple[str, ...]) -> None:
        super().__init__(
            f"the system's events go over {broker} (system.platform.broker), which the proof by faults does not look into yet; it does for"
            f" {' and '.join(observed)}"
        )


class MissingServerError(SkillError):
    """No server that the proof may break."""

    def __init__(self, server: str, option: str) -> None:
        super().__init__(
            f"no {server} is installed here that could be started and killed; install it, or give a running one that may be cut off with"
            f" {option}"
        )


class ServerFailedError(SkillError):
    """A process that the proof has started and that does not come up."""

    def __init__(self, name: str, log: Path) -> None:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
        super().__init__(f"{name} does not come up; its log {log} ends with:\n{tail}")


class RefusedRequestError(SkillError):
    """A request of the scenario that the system will never accept."""

    def __init__(self, what: str, status: int, answer: str) -> None:
        super().__init__(f"chaos/scenario.yaml: {what} is refused with status {status}: {answer[:500]}; mend its body")
