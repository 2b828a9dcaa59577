"""What every service promises when it, its broker or its database goes away at the worst moment: nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from tests.generated.choosing import anything, creates, creates_by_event, holds_private_data, on, publishes_on_creation
from tests.generated.processes import Answer, Caller, Running, until
from tests.generated.samples import Data
from tests.generated.target import EVENT_LIMIT_S, Target

from microservices_skill.model.service import SubscriptionAction

pytestmark = pytest.mark.slow


@on(publishes_on_creation, one_per_system=True, every_broker=True)
def test_a_kill_between_commit_and_publish_loses_no_event_and_doubles_none(target: Target) -> None:
    target.published()
    target.to_broker.cut()
    made = [create(target) for _ in range(20)]
    target.running.kill()
    assert target.pending_events() == 20
    target.to_broker.restore()
    target.running.start()
    assert causes(target.published()) == Counter(made)


@on(publishes_on_creation, one_per_system=True, every_broker=True)
def test_a_kill_between_publish_and_confirm_publishes_the_same_event_again(target: Target) -> None:
    target.published()
    target.to_broker.mute()
    made = [create(target) for _ in range(5)]
    time.sleep(1)
    target.running.kill()
    assert target.pending_events() == 5
    target.to_broker.cut()
    target.to_broker.restore()
    target.running.start()
    envelopes = target.published()
    identities = {each["id"]: each for each in envelopes}
    assert causes(list(identities.values())) == Counter(made)
    assert all(each == identities[each["id"]] for each in envelopes)


@on(creates, one_per_system=True, every_broker=True)
def test_kills_under_load_leave_each_request_done_once(target: Target) -> None:
    creation = target.creation
    target.published()
    before = target.database.ids(creation.entity.table)
    wishes = [(target.caller(), str(uuid4()), target.body(creation)) for _ in range(30)]

    def send(wish: tuple[Caller, str, Data]) -> Answer:
        caller, key, body = wish
        return caller.change(creation.method, creation.path, body, Idempotency_Key=key)

    for part in (wishes[:10], wishes[10:20], wishes[20:]):
        with ThreadPoolExecutor(10) as pool:
            futures = [pool.submit(send, each) for each in part]
            time.sleep(0.02)
            target.running.kill()
            first = [future.result() for future in futures]
        assert {each.status for each in first} <= {0, 201}
        target.running.start()
        again = [send(each) for each in part]
        assert {each.status for each in again} == {201}
        kept = [(one, other) for one, other in zip(first, again, strict=True) if one.status]
        assert all(one.body == other.body for one, other in kept)
    assert len(target.database.ids(creation.entity.table) - before) == 30
    events = {each["id"]: each for each in target.published()}
    assert len(events) == 30 * len(creation.endpoint.publishes)


@on(publishes_on_creation, one_per_system=True, every_broker=True)
def test_two_replicas_publish_each_event_once(target: Target) -> None:
    target.published()
    other = Running(target.running.toolchain, target.running.folder, target.running.settings).start()
    try:
        wishes = [(Caller(each, target.caller().headers), target.body(target.creation)) for each in (target.running, other) * 20]
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda wish: create(target, *wish), wishes))
        assert causes(target.published()) == Counter(made)
    finally:
        other.kill()


@on(creates_by_event, one_per_system=True, every_broker=True)
def test_a_kill_while_events_arrive_handles_each_of_them_once(target: Target) -> None:
    subscription = next(each for each in target.service.subscriptions if each.action is SubscriptionAction.CREATE)
    entity = target.service.entity(subscription.entity)
    assert entity is not None
    happened = [target.occurrence(subscription) for _ in range(60)]
    before = target.database.ids(entity.table)
    target.broker.publish(happened[0].type, [(each.id, each.key, each.body) for each in happened])
    until(lambda: len(target.database.ids(entity.table) - before) > 0, EVENT_LIMIT_S)
    target.running.kill()
    target.running.start()
    assert target.settle(*happened[-8:]) == []
    until(lambda: len(target.database.ids(entity.table) - before) >= 60, EVENT_LIMIT_S, "for all events")
    assert len(target.database.ids(entity.table) - before) == 60


@on(publishes_on_creation, every_broker=True)
def test_a_broker_that_goes_away_and_comes_back_needs_no_restart(target: Target) -> None:
    target.published()
    target.to_broker.cut()
    until(lambda: not target.is_connected(), EVENT_LIMIT_S, "for the loss to be noticed")
    made = [create(target) for _ in range(3)]
    assert target.is_ready()
    target.to_broker.restore()
    until(target.is_connected, EVENT_LIMIT_S, "for the broker to be back")
    made.append(create(target))
    assert causes(target.published()) == Counter(made)


@on(creates_by_event, every_broker=True)
def test_events_that_arrive_while_the_database_is_away_wait_for_it(target: Target) -> None:
    subscription = next(each for each in target.service.subscriptions if each.action is SubscriptionAction.CREATE)
    entity = target.service.entity(subscription.entity)
    assert entity is not None
    before = target.database.ids(entity.table)
    target.to_database.cut()
    happened = [target.occurrence(subscription) for _ in range(3)]
    target.publish(*happened)
    time.sleep(2)
    assert target.database.ids(entity.table) == before
    target.to_database.restore()
    until(lambda: len(target.database.ids(entity.table) - before) == 3, EVENT_LIMIT_S, "for the events that waited")
    assert target.settle(*happened) == []


@on(creates, every_broker=True)
def test_a_database_that_goes_away_and_comes_back_needs_no_restart(target: Target) -> None:
    creation, caller, key = target.creation, target.caller(), str(uuid4())
    body = target.body(creation)
    before = target.database.count(creation.entity.table)
    target.to_database.cut()
    refused = caller.change(creation.method, creation.path, body, Idempotency_Key=key)
    assert (refused.status, refused.is_problem) == (503, True), refused.text
    assert refused.json["type"] == "urn:problem:unavailable"
    assert int(refused.headers["Retry-After"]) >= 1
    ready = target.running.call("GET", "/health/ready")
    assert (ready.status, ready.json["checks"]["database"]) == (503, "down")
    assert target.running.call("GET", "/health/live").status == 200
    target.to_database.restore()
    until(target.is_ready, EVENT_LIMIT_S, "for the database to be back")
    assert caller.change(creation.method, creation.path, body, Idempotency_Key=key).status == 201
    assert target.database.count(creation.entity.table) == before + 1


@on(creates, one_per_system=True, every_broker=True)
def test_a_database_that_does_not_answer_is_given_up_in_time(target: Target) -> None:
    creation = target.creation
    wishes = [(target.caller(), target.body(creation)) for _ in range(3)]
    target.to_database.mute()
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda each: each[0].change(creation.method, creation.path, each[1]), wishes))
    took = time.monotonic() - began
    assert [each.status for each in answers] == [503] * 3, [each.text for each in answers]
    assert all(each.is_problem for each in answers)
    assert took < 15
    assert target.running.call("GET", "/health/live").status == 200
    target.to_database.cut()
    target.to_database.restore()
    until(target.is_ready, EVENT_LIMIT_S, "for the database to be back")
    target.create(creation)


@on(creates, every_broker=True)
def test_a_stop_under_load_finishes_what_is_in_hand(target: Target) -> None:
    creation = target.creation
    target.published()
    before = target.database.ids(creation.entity.table)
    wishes = [(target.caller(), str(uuid4()), target.body(creation)) for _ in range(40)]

    def send(wish: tuple[Caller, str, Data]) -> Answer:
        caller, key, body = wish
        return caller.change(creation.method, creation.path, body, Idempotency_Key=key)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(send, each) for each in wishes]
        until(lambda: sum(each.done() for each in futures) >= 4, 20)
        target.running.stop()
        answers = [future.result() for future in futures]
    assert {each.status for each in answers} <= {201, 0}
    accepted = {each.json["id"] for each in answers if each.status == 201}
    assert len(accepted) >= 4
    assert target.database.ids(creation.entity.table) - before >= accepted
    assert "service.stopped" in {each["event"] for each in target.running.records}
    target.running.start()
    assert [send(each).status for each in wishes] == [201] * 40
    assert len(target.database.ids(creation.entity.table) - before) == 40
    events = {each["id"]: each for each in target.published()}
    assert len(events) == 40 * len(creation.endpoint.publishes)


@on(anything, one_per_system=True, every_broker=True)
def test_who_asks_for_a_stop_gets_a_good_end(target: Target) -> None:
    assert target.running.stop() == 0


@on(holds_private_data, every_broker=True)
def test_nothing_personal_reaches_the_log(target: Target) -> None:
    caller = target.caller()
    for entity in target.service.entities:
        target.make(entity)
    for operation in (each for each in target.operations if each.has_body and not each.targets_one):
        body = target.body(operation)
        caller.change(operation.method, operation.path, body | {"no_such_field": body})
        caller.change(operation.method, operation.path, json.dumps(body).encode()[:-1])
        caller.change(operation.method, operation.path, {name: [value] for name, value in body.items()})
        caller.change(operation.method, operation.path, body)
        caller.change(operation.method, operation.path, body)
        caller.get(f"{operation.path}?no_such={'&'.join(map(str, body.values()))}".replace(" ", "%20").replace('"', "")[:2000])
    for operation in (each for each in target.operations if each.has_body and each.targets_one):
        identity, body = target.make(operation.entity), target.body(operation)
        caller.change(operation.method, target.path(operation, identity), body | {"no_such_field": body}, If_Match="*")
        caller.change(operation.method, target.path(operation, identity), body, If_Match="*")
    for subscription in target.service.subscriptions:
        happened = target.occurrence(subscription)
        broken = json.loads(happened.body)
        broken["data"] = {name: {"wrapped": value} for name, value in happened.data.items()}
        target.broker.publish(happened.type, [(str(uuid4()), happened.key, json.dumps(broken).encode())])
        target.settle(happened)
    if creates(target.architecture, target.service):
        body = target.body(target.creation)
        target.to_database.cut()
        caller.change(target.creation.method, target.creation.path, body)
        target.to_database.restore()
    log = target.running.log
    assert target.samples.private
    assert [text for text in target.samples.private if text in log] == []
    for record in target.running.records:
        assert {"event", "level", "timestamp", "service"} <= record.keys(), record
        assert record["service"] == target.service.name


def create(target: Target, caller: Caller | None = None, body: Data | None = None) -> str:
    """Create what publishes an event; gives the key of that event."""
    return target.key_of(target.creation, target.create(target.creation, caller, body).json)


def causes(envelopes: list[Data]) -> Counter[str]:
    """How many events have each key."""
    return Counter(each["partitionkey"] for each in envelopes)
