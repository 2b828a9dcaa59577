"""What a layout lists: the templates of a tree, when each is rendered, and who owns it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Facts(Protocol):
    """What decides whether a template is rendered for a service."""

    @property
    def has_clients(self) -> bool:
        """Whether it calls others."""

    @property
    def has_published(self) -> bool:
        """Whether it tells others of anything."""

    @property
    def coordinates(self) -> bool:
        """Whether it coordinates sagas."""

    @property
    def participates(self) -> bool:
        """Whether it carries out steps of sagas."""

    @property
    def has_pacts(self) -> bool:
        """Whether others rely on it, or it on others."""

    @property
    def is_listening(self) -> bool:
        """Whether it hears others."""


def always(_: Facts) -> bool:
    """For every service."""
    return True


def calls(view: Facts) -> bool:
    """Where the service calls others."""
    return view.has_clients


def hears(view: Facts) -> bool:
    """Where the service hears others."""
    return view.is_listening


def coordinates(view: Facts) -> bool:
    """Where the service coordinates sagas."""
    return view.coordinates


def participates(view: Facts) -> bool:
    """Where the service carries out steps of sagas."""
    return view.participates


def in_sagas(view: Facts) -> bool:
    """Where the service has to do with sagas."""
    return view.coordinates or view.participates


def tells_or_hears(view: Facts) -> bool:
    """Where events go out or come in."""
    return view.has_published or view.is_listening


def in_pacts(view: Facts) -> bool:
    """Where the service is consumer or provider of another."""
    return view.has_pacts


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the tree. Files that are not owned are made once and left to people afterwards."""

    path: str
    when: Callable[[Facts], bool] = always
    owned: bool = True
