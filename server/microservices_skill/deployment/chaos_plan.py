"""What a proof by faults knows of a system (``chaos/plan.yaml``, generated) and what a team adds (``chaos/scenario.yaml``, theirs).

The plan says where each saga starts, which rows it leaves in which database, and which rows each event makes: enough to
check, without the model, that nothing was lost and nothing happened twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Spec
from pydantic import model_validator

from microservices_skill.model.system import BrokerKind
from microservices_skill.model.types import Node

VERSION: Literal["microservices-skill/v1"] = "microservices-skill/v1"

Json = Any
"""JSON-like data."""


class PlannedService(Node):
    """A service: its process in the ``Procfile``, and the queue that it drains, if any."""

    name: str
    process: str
    queue: str | None = None


class Dependency(Node):
    """A service outside of the system, the variable that tells where it is, and who calls it."""

    name: str
    variable: str
    callers: tuple[str, ...]


class Copy(Node):
    """A column that a step takes over from the saga's entity."""

    column: str
    source: str


class PlannedStep(Node):
    """What a step leaves in its service's database.

    ``reference`` is the column that holds the id of the saga's entity; without one the participant's own record tells.
    ``succeeded`` and ``failed`` are the states in which its row may be once the saga has ended so; a row that may be in
    none must be gone.
    """

    step: str
    service: str
    table: str
    reference: str | None = None
    state: str | None = None
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()


class PlannedSaga(Node):
    """A saga: the request that starts it, its entity's table and its two ends."""

    name: str
    service: str
    path: str
    table: str
    state: str
    succeeded: str
    failed: str
    steps: tuple[PlannedStep, ...]


class Cause(Node):
    """An event that makes a row; ``field`` of its data is kept in the row's column."""

    event: str
    field: str


class PlannedReaction(Node):
    """Rows that events make: as many as there were events, each with an event's value in ``column``."""

    service: str
    table: str
    column: str
    causes: tuple[Cause, ...]


class ChaosPlan(Node):
    """The generated half."""

    api_version: Literal["microservices-skill/v1"] = VERSION
    kind: Literal["ChaosPlan"] = "ChaosPlan"
    system: str
    broker: BrokerKind = BrokerKind.RABBITMQ
    exchange: str
    services: tuple[PlannedService, ...]
    externals: tuple[Dependency, ...] = ()
    sagas: tuple[PlannedSaga, ...]
    reactions: tuple[PlannedReaction, ...] = ()


class StandIn(Node):
    """What plays a service outside of the system: a shell command at the system's root that listens on ``$PORT``."""

    name: str
    command: str


class Setup(Node):
    """A request that is made before the load, such as to take articles into stock."""

    service: str
    path: str
    body: Json


class Wish(Node):
    """A body of the request that starts a saga, and how often it is sent in relation to the others."""

    body: Json
    weight: Annotated[int, Spec(ge=1, le=1000)] = 1


class Wishes(Node):
    """What a saga is started with."""

    name: str
    requests: Annotated[tuple[Wish, ...], Spec(min_length=1)]


class Term(Node):
    """A number: what a statement finds in a service's database, or what a path of a stand-in answers; ``times`` is its factor."""

    service: str | None = None
    sql: str | None = None
    external: str | None = None
    path: str | None = None
    times: int = 1

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Term:
        if (self.service is None) != (self.sql is None) or (self.external is None) != (self.path is None):
            raise ValueError("a term has service and sql, or external and path")
        if (self.service is None) == (self.external is None):
            raise ValueError("a term has service and sql, or external and path, and not both")
        return self


class Invariant(Node):
    """What must hold when all is over: the sum of its terms is ``equals``."""

    name: str
    sum: Annotated[tuple[Term, ...], Spec(min_length=1)]
    equals: int = 0


class ChaosScenario(Node):
    """The team's half."""

    api_version: Literal["microservices-skill/v1"] = VERSION
    kind: Literal["ChaosScenario"] = "ChaosScenario"
    externals: tuple[StandIn, ...] = ()
    setup: tuple[Setup, ...] = ()
    sagas: tuple[Wishes, ...]
    invariants: tuple[Invariant, ...] = ()
