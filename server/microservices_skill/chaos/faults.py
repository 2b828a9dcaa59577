"""What is broken, when and for how long: drawn from a seed, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A way to break something."""

    KILL = "kill"
    FREEZE = "freeze"
    SLOW = "slow"
    CUT = "cut"
    PARTITION = "partition"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on a target: a service, one of its links (``service>link``) or a server; it begins after so many requests."""

    kind: Kind
    target: str
    after: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Targets:
    """What can be broken."""

    services: Sequence[str]
    links: Sequence[str]
    servers: Sequence[str]


def schedule(targets: Targets, *, seed: int, requests: int, kills: int) -> tuple[Fault, ...]:
    """``kills`` kills of services, and the other faults in proportion, spread over the requests."""
    chance = random.Random(seed)  # noqa: S311 - to be repeatable is its purpose
    few, some = max(1, kills // 10), max(2, kills // 5)
    outside = [each for each in targets.links if not each.endswith((">database", ">broker"))]
    inside = [each for each in targets.links if each not in outside]
    wanted = [(Kind.KILL, targets.services[number % len(targets.services)]) for number in range(kills)]
    wanted += [(Kind.CRASH, server) for server in targets.servers for _ in range(few)]
    wanted += [(Kind.FREEZE, service) for service in chance.choices(targets.services, k=some)]
    wanted += [(kind, link) for kind in (Kind.SLOW, Kind.CUT, Kind.PARTITION) for link in chance.choices(inside, k=some)]
    wanted += [(kind, link) for link in outside for kind in (Kind.SLOW, Kind.CUT) for _ in range(few)]
    chance.shuffle(wanted)
    return tuple(
        Fault(kind, target, int(requests * (number + 0.5) / len(wanted)), _lasts(kind, chance))
        for number, (kind, target) in enumerate(wanted)
    )


def _lasts(kind: Kind, chance: random.Random) -> float:
    """Most are short; some outages outlast the timeout of a saga's step."""
    match kind:
        case Kind.KILL:
            return chance.choice((0.0, 0.2, 0.5, 1.0, 3.0))
        case Kind.CRASH:
            return round(chance.uniform(0.5, 3.0), 1)
        case _:
            return chance.choices((0.5, 1.0, 2.0, 4.0, 12.0), (3, 3, 3, 2, 1))[0]
