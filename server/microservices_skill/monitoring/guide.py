"""What a runbook says of one alert, whatever service it fires for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microservices_skill.monitoring.watched import Watched


def nothing(_each: Watched) -> Sequence[str]:
    """Nothing particular to a service."""
    return ()


@dataclass(frozen=True, slots=True)
class Guide:
    """In Markdown; SERVICE stands for the service that the alert names.

    ``means`` is what is the case, ``look`` how to find the cause, ``mend`` what to do, each in the order in which it is done,
    ``sure`` how to know that it is over. ``about`` tells what is particular to a service: what there is to look at or to mend.
    """

    means: str
    look: tuple[str, ...]
    mend: tuple[str, ...]
    sure: str
    about: Callable[[Watched], Sequence[str]] = nothing
