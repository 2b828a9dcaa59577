"""What a layout lists: the templates of a tree, when each is rendered, and who owns it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from microservices_skill.codegen.views.brokers import Broker


class Facts(Protocol):
    """What decides whether a template is rendered for a service."""

    @property
    def has_clients(self) -> bool:
        """Whether it calls others."""

    @property
    def needs_tokens(self) -> bool:
        """Whether it needs tokens of its own."""

    @property
    def has_scopes(self) -> bool:
        """Whether an operation of it needs a scope."""

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
    def domains(self) -> Sequence[object]:
        """The entities that it keeps."""

    @property
    def has_views(self) -> bool:
        """Whether it shows views."""

    @property
    def has_compositions(self) -> bool:
        """Whether it puts answers together from those of others."""

    @property
    def has_streams(self) -> bool:
        """Whether it has event-sourced entities."""

    @property
    def watches(self) -> bool:
        """Whether it watches choreographed sagas."""

    @property
    def reacts(self) -> bool:
        """Whether it does steps of choreographed sagas."""

    @property
    def erases(self) -> bool:
        """Whether it erases personal data when a saga asks for it."""

    @property
    def refuses(self) -> bool:
        """Whether it tells refusals that no entity tells."""

    @property
    def is_listening(self) -> bool:
        """Whether it hears others."""

    @property
    def reads_older(self) -> bool:
        """Whether it reads older versions of events."""

    @property
    def asks_upcasts(self) -> bool:
        """Whether a person must say what older versions do not tell."""

    @property
    def broker(self) -> Broker:
        """What its events go over."""


def always(_: Facts) -> bool:
    """For every service."""
    return True


def calls(view: Facts) -> bool:
    """Where the service calls others."""
    return view.has_clients


def needs_tokens(view: Facts) -> bool:
    """Where the service calls others that check tokens."""
    return view.needs_tokens


def demands_scopes(view: Facts) -> bool:
    """Where an operation needs a scope."""
    return view.has_scopes


def hears(view: Facts) -> bool:
    """Where the service hears others."""
    return view.is_listening


def reads_older(view: Facts) -> bool:
    """Where the service reads older versions of events."""
    return view.reads_older


def asks_upcasts(view: Facts) -> bool:
    """Where a person must say what older versions of events do not tell."""
    return view.asks_upcasts


def coordinates(view: Facts) -> bool:
    """Where the service coordinates sagas."""
    return view.coordinates


def participates(view: Facts) -> bool:
    """Where the service carries out steps of sagas."""
    return view.participates


def keeps(view: Facts) -> bool:
    """Where the service has entities of its own."""
    return bool(view.domains)


def shows(view: Facts) -> bool:
    """Where the service shows views."""
    return view.has_views


def composes(view: Facts) -> bool:
    """Where the service puts answers together."""
    return view.has_compositions


def keeps_streams(view: Facts) -> bool:
    """Where the service has event-sourced entities."""
    return view.has_streams


def is_orchestrated(view: Facts) -> bool:
    """Where the service coordinates sagas or is commanded in them."""
    return view.coordinates or view.participates


def watches(view: Facts) -> bool:
    """Where the service watches choreographed sagas."""
    return view.watches


def reacts(view: Facts) -> bool:
    """Where the service does steps of choreographed sagas."""
    return view.reacts


def erases(view: Facts) -> bool:
    """Where the service erases personal data when a saga asks for it."""
    return view.erases


def refuses(view: Facts) -> bool:
    """Where the service tells refusals that no entity tells."""
    return view.refuses


def keeps_runs(view: Facts) -> bool:
    """Where the service keeps runs of sagas of either style."""
    return view.coordinates or view.watches


def takes_part(view: Facts) -> bool:
    """Where the service does steps of sagas of either style."""
    return view.participates or view.reacts


def is_handling(view: Facts) -> bool:
    """Where the service has handlers for sagas beside those of its events."""
    return is_orchestrated(view) or view.watches


def in_sagas(view: Facts) -> bool:
    """Where the service has to do with sagas."""
    return keeps_runs(view) or takes_part(view)


def tells_or_hears(view: Facts) -> bool:
    """Where events go out or come in."""
    return view.has_published or view.is_listening


def on_rabbitmq(view: Facts) -> bool:
    """Where events go over RabbitMQ."""
    return view.broker.is_rabbitmq


def on_nats(view: Facts) -> bool:
    """Where events go over NATS."""
    return view.broker.is_nats


def on_kafka(view: Facts) -> bool:
    """Where events go over Kafka."""
    return view.broker.is_kafka


def is_routed(view: Facts) -> bool:
    """Where services declare who gets which events; a topic of Kafka is read whole."""
    return not view.broker.is_kafka


def in_pacts(view: Facts) -> bool:
    """Where the service is consumer or provider of another."""
    return view.has_pacts


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the tree. Files that are not owned are where people write."""

    path: str
    when: Callable[[Facts], bool] = always
    owned: bool = True
    sourced: bool = False
    """Whether it is only for entities that are event-sourced."""
