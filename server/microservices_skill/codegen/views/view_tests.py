"""What the tests of views need to know in every language: where a view is read, and what its events may say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microservices_skill.codegen.views.examples import example
from microservices_skill.codegen.views.projections import Projection, events_of, projections_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import snake
from microservices_skill.model.projection import Fact
from microservices_skill.model.service import Action, Service


@dataclass(frozen=True, slots=True)
class Writer:
    """How a language writes a text and a value of JSON."""

    text: Callable[[str], str]
    value: Callable[[object], str]


@dataclass(frozen=True, slots=True)
class EventExample:
    """An event of a view with two examples of its data."""

    name: str
    first: str
    later: str


@dataclass(frozen=True, slots=True)
class ViewTest:
    """What the tests of a view need to know."""

    constant: str
    path: str
    collection: str
    events: tuple[EventExample, ...]


@dataclass(frozen=True, slots=True)
class ViewTests:
    """The tests of all views."""

    tests: tuple[ViewTest, ...]
    constants: str
    events: str
    has_lists: bool


def view_tests(architecture: Architecture, service: Service, writer: Writer) -> ViewTests:
    """The tests of a service's views, in a language."""
    projections = projections_of(architecture, service)
    tests = tuple(_view_test(each, writer) for each in projections)
    return ViewTests(
        tests=tests,
        constants=", ".join(sorted(each.constant for each in tests)),
        events=", ".join(sorted(events_of(projections))),
        has_lists=any(each.collection != writer.text("") for each in tests),
    )


def _view_test(projection: Projection, writer: Writer) -> ViewTest:
    paths = {each.action: each.path.replace(f"{{{each.entity.reference}}}", "{}") for each in projection.operations}
    return ViewTest(
        constant=snake(projection.view.name).upper(),
        path=writer.text(paths.get(Action.GET, "")),
        collection=writer.text(paths.get(Action.LIST, "")),
        events=tuple(_event_example(fact, writer) for fact in projection.facts),
    )


def _event_example(fact: Fact, writer: Writer) -> EventExample:
    event, publisher = fact.event, fact.publisher
    first, later = ({field.name: example(field, publisher, step, step) for field in event.payload} for step in range(2))
    return EventExample(event.name, writer.value(first), writer.value(later))
