"""What every service promises of events: once in effect, in order of their key, and nothing bad stops what is good."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.choosing import changes_by_event, creates_by_event, lives_by_events, on, tells_of_a_life
from tests.generated.lives import by_events, by_operations, creating
from tests.generated.target import Occurrence, Target, lifecycle_of

from microservices_skill.model.entity import Entity
from microservices_skill.model.service import Action, Subscription, SubscriptionAction

pytestmark = pytest.mark.slow


@on(creates_by_event, every_broker=True)
def test_a_creating_event_that_is_delivered_thirty_times_creates_once(target: Target) -> None:
    for subscription in of_action(target, SubscriptionAction.CREATE):
        entity = entity_of(target, subscription)
        happened = target.occurrence(subscription)
        before = target.database.ids(entity.table)
        target.publish_again(happened, 30)
        assert target.settle(happened) == []
        assert len(target.database.ids(entity.table) - before) == 1


@on(changes_by_event, every_broker=True)
def test_a_changing_event_that_is_delivered_thirty_times_changes_once(target: Target) -> None:
    for subscription in (each for each in target.service.subscriptions if each.action is not SubscriptionAction.CREATE):
        entity = entity_of(target, subscription)
        before = target.row(entity, ready_for(target, entity, subscription))
        happened = target.occurrence(subscription, of=before)
        target.publish_again(happened, 30)
        assert target.settle(happened) == []
        after = target.row(entity, str(before["id"]))
        assert after["version"] == before["version"] + 1
        step = lifecycle_of(entity).transition(subscription.transition) if subscription.transition else None
        if step is not None:
            assert target.state(entity, str(before["id"])) == step.to


@on(creates_by_event, every_broker=True)
def test_an_event_keeps_its_values_and_its_trace(target: Target) -> None:
    subscription = of_action(target, SubscriptionAction.CREATE)[0]
    entity, trace = entity_of(target, subscription), uuid4().hex
    happened = target.occurrence(subscription, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    before = target.database.ids(entity.table)
    target.published()
    target.publish(happened)
    assert target.settle(happened) == []
    (identity,) = target.database.ids(entity.table) - before
    handled = [each for each in target.running.records if each.get("event_id") == happened.id]
    assert [(each["event"], each["trace_id"]) for each in handled] == [("event.handled", trace)]
    consequences = target.published()
    assert len(consequences) == len(subscription.publishes)
    assert {each["traceparent"].split("-")[1] for each in consequences} <= {trace}
    reading = next((each for each in target.operations if each.action is Action.GET and each.entity == entity), None)
    if reading is not None:
        read = target.caller().get(target.path(reading, identity)).json
        taken = {each.name: source_for(subscription, each.name) for each in entity.fields}
        expected = {name: happened.data[source] for name, source in taken.items() if source in happened.data}
        assert {name: read[name] for name in expected} == expected


@on(lives_by_events, every_broker=True)
def test_events_of_one_key_are_applied_in_their_order(target: Target) -> None:
    entity = next(each for each in target.service.entities if creating(target.service, each) and by_events(target.service, each))
    lives = [life_of(target, entity) for _ in range(12)]
    before = target.database.ids(entity.table)
    for step in zip(*lives, strict=True):
        target.broker.publish(step[0].type, [(each.id, each.key, each.body) for each in step])
    assert target.settle(*(life[-1] for life in lives)) == []
    made = target.database.ids(entity.table) - before
    end = by_events(target.service, entity)[-1][1].to
    assert [target.state(entity, each) for each in made] == [end] * 12
    ids = {each.id for life in lives for each in life}
    assert {each["event"] for each in target.running.records if each.get("event_id") in ids} == {"event.handled"}


@on(tells_of_a_life, every_broker=True)
def test_events_of_one_key_are_published_in_their_order(target: Target) -> None:
    creation = target.creation
    steps = by_operations(target.architecture, target.service, creation.entity)
    target.published()

    def live(_: int) -> str:
        made = target.create(creation).json
        identity = str(made["id"])
        for each, _step in steps:
            answer = target.caller().change(each.method, target.path(each, identity), target.body(each) if each.has_body else None)
            assert answer.status == 200, answer.text
        return target.key_of(creation, made)

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(live, range(12)))
    seen: dict[str, list[str]] = defaultdict(list)
    for envelope in target.published():
        seen[envelope["partitionkey"]].append(envelope["type"].split(".")[1])
    told = [*creation.endpoint.publishes, *(name for _, step in steps for name in step.publishes)]
    assert dict(seen) == dict.fromkeys(keys, told)


@on(creates_by_event, every_broker=True)
def test_what_can_never_be_handled_is_put_aside_and_the_next_event_is_handled(target: Target) -> None:
    subscription = of_action(target, SubscriptionAction.CREATE)[0]
    entity = entity_of(target, subscription)
    good, broken = target.occurrence(subscription), target.occurrence(subscription)
    envelope: dict[str, Any] = json.loads(broken.body)
    faulty = [
        {**envelope, **fault} for fault in ({"data": {"nonsense": True}}, {"data": [1, 2]}, {"specversion": "0.3"}, {"id": "no-uuid"})
    ]
    bodies = [b"\x00\xff garbage", b"", b"null", b"[" * 5000, b'{"data": {}}', *(json.dumps(each).encode() for each in faulty)]
    before = target.database.ids(entity.table)
    target.broker.publish(good.type, [(str(uuid4()), good.key, body) for body in bodies])
    target.broker.publish(good.type, [("no-uuid", good.key, broken.body)])
    target.publish(good)
    put_aside, expected = Counter(target.settle(good)), Counter([*bodies, broken.body])
    assert (expected - put_aside, put_aside - expected) == (Counter(), Counter())
    assert len(target.database.ids(entity.table) - before) == 1
    assert target.metric("events_dead_lettered_total", event=good.type) >= len(bodies)
    assert any(each.get("event") == "event.dead_lettered" for each in target.running.records)


@on(changes_by_event, every_broker=True)
def test_an_event_whose_entity_never_comes_is_put_aside_after_some_tries(target: Target) -> None:
    subscription = next(each for each in target.service.subscriptions if each.action is not SubscriptionAction.CREATE)
    happened = target.occurrence(subscription)
    target.publish(happened)
    assert target.settle(happened) == [happened.body]
    tries = [each["event"] for each in target.running.records if each.get("event_id") == happened.id]
    assert tries == ["event.retry"] * 4 + ["event.dead_lettered"]


@on(creates_by_event, every_broker=True)
def test_an_event_with_more_than_was_agreed_is_understood(target: Target) -> None:
    subscription = of_action(target, SubscriptionAction.CREATE)[0]
    entity, usual = entity_of(target, subscription), target.occurrence(subscription)
    before = target.database.ids(entity.table)
    target.publish(replace(usual, data=usual.data | {"a_field_added_later": {"deep": [1]}}))
    assert target.settle(usual) == []
    assert len(target.database.ids(entity.table) - before) == 1


def ready_for(target: Target, entity: Entity, subscription: Subscription) -> str:
    """A new entity in a state that the subscription's transition starts from."""
    identity = target.make(entity)
    step = lifecycle_of(entity).transition(subscription.transition) if subscription.transition else None
    for each, _ in by_events(target.service, entity):
        if step is None or target.state(entity, identity) in step.sources:
            break
        happened = target.occurrence(each, of=target.row(entity, identity))
        target.publish(happened)
        assert target.settle(happened) == []
    return identity


def life_of(target: Target, entity: Entity) -> list[Occurrence]:
    """The events of one entity's life, all under the key of the first."""
    first = creating(target.service, entity)
    assert first is not None
    begin = target.occurrence(first)
    found = [begin]
    for each, _ in by_events(target.service, entity):
        assert each.match is not None
        row = {each.match.field: begin.data[source_for(first, each.match.field)]}
        found.append(replace(target.occurrence(each, of=row), key=begin.key))
    return found


def of_action(target: Target, action: SubscriptionAction) -> list[Subscription]:
    """The subscriptions that do this."""
    return [each for each in target.service.subscriptions if each.action is action]


def entity_of(target: Target, subscription: Subscription) -> Entity:
    """What a subscription makes or changes."""
    found = target.service.entity(subscription.entity)
    assert found is not None
    return found


def source_for(subscription: Subscription, name: str) -> str:
    """The event's field that an entity's field is taken from."""
    return next((each.source for each in subscription.set if each.field == name), name)
