"""Promises to callers: a repeated request is done once, a caller is known and limited, a value is kept exactly."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.choosing import anything, creates, is_limited, on, publishes_on_creation, transitions, updates
from tests.generated.lives import free_transitions
from tests.generated.processes import Caller
from tests.generated.samples import UNICODE, exacting
from tests.generated.target import Target, lifecycle_of, source_of

from microservices_skill.model.service import Action

pytestmark = pytest.mark.slow


@on(creates, every_broker=True)
def test_fifty_duplicates_at_once_make_one_row_and_one_event(target: Target) -> None:
    creation, caller = target.creation, target.caller()
    body, key = target.body(creation), str(uuid4())
    target.published()
    before = target.database.count(creation.entity.table)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: caller.change(creation.method, creation.path, body, Idempotency_Key=key), range(50)))
    assert {each.status for each in answers} <= {201, 409}
    assert all(each.is_problem and each.headers["Retry-After"] for each in answers if each.status == 409)
    assert len({each.body for each in answers if each.status == 201}) == 1
    assert target.database.count(creation.entity.table) == before + 1
    assert sorted(each["type"] for each in target.published()) == sorted(event_types(target, creation.endpoint.publishes))


@on(creates)
def test_a_replay_gives_the_same_bytes_and_another_body_is_refused(target: Target) -> None:
    creation, caller = target.creation, target.caller()
    body, key = target.body(creation), str(uuid4())
    first = target.create(creation, caller, body, Idempotency_Key=key)
    again = caller.change(creation.method, creation.path, body, Idempotency_Key=key)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert [again.headers[name] for name in ("Location", "ETag")] == [first.headers[name] for name in ("Location", "ETag")]
    other = caller.change(creation.method, creation.path, target.body(creation), Idempotency_Key=key)
    assert (other.status, other.is_problem) == (422, True), other.text
    assert other.json["type"] == "urn:problem:idempotency-key-reused"
    missing = caller.send(creation.method, creation.path, target.body(creation))
    assert (missing.status, missing.is_problem) == (400, True), missing.text
    somebody_else = target.create(creation, target.caller(), Idempotency_Key=key)
    assert somebody_else.json["id"] != first.json["id"]


@on(creates)
def test_a_refusal_is_not_kept_so_that_the_key_can_be_used_for_the_right_request(target: Target) -> None:
    creation, caller, key = target.creation, target.caller(), str(uuid4())
    refused = caller.change(creation.method, creation.path, {"nonsense": True}, Idempotency_Key=key)
    assert refused.status == 422
    target.create(creation, caller, Idempotency_Key=key)


@on(updates)
def test_of_twenty_changes_to_one_version_one_is_made(target: Target) -> None:
    update = target.operation(Action.UPDATE)
    path = target.path(update, target.make(update.entity))
    callers = [(target.caller(), target.body(update)) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda each: each[0].change(update.method, path, each[1], If_Match='"1"'), callers))
    assert sorted(each.status for each in answers) == [200] + [412] * 19
    assert next(each for each in answers if each.status == 200).headers["ETag"] == '"2"'


@on(transitions)
def test_a_transition_is_made_once_from_the_right_state_and_from_no_other(target: Target) -> None:
    operation = free_transitions(target.architecture, target.service)[0]
    lifecycle = lifecycle_of(operation.entity)
    step = lifecycle.transition(operation.endpoint.transition or "")
    assert step is not None
    if lifecycle.initial not in step.sources:
        pytest.fail("the first transition of the model does not start where entities start")
    identity, caller = target.make(operation.entity), target.caller()
    path = target.path(operation, identity)
    body = target.body(operation) if operation.has_body else None
    stale = caller.change(operation.method, path, body, If_Match='"9"')
    assert (stale.status, stale.is_problem) == (412, True), stale.text
    target.published()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: target.caller().change(operation.method, path, body), range(10)))
    assert [each.status for each in answers].count(200) == 1, [each.text for each in answers]
    assert {each.status for each in answers} == {200, 409}
    assert all(each.is_problem for each in answers if each.status == 409)
    assert target.state(operation.entity, identity) == step.to
    assert [each["type"] for each in target.published()] == event_types(target, step.publishes)


@on(creates)
def test_values_come_back_exactly(target: Target) -> None:
    for creation in (each for each in target.operations if each.action is Action.CREATE):
        body = target.body(creation)
        compared = {name for each in creation.entity.invariants for name in (each.field, each.other)}
        kept = compared | {each.name for each in creation.request_fields if each.unique or each.references}
        pairs = {each.name: exacting(each, target.service, body[each.name]) for each in creation.request_fields if each.name not in kept}
        made = target.create(creation, body=body | {name: sent for name, (sent, _) in pairs.items()})
        expected = {**body, **{name: back for name, (_, back) in pairs.items()}}
        assert {name: made.json[name] for name in body} == expected
        reading = next((each for each in target.operations if each.action is Action.GET and each.entity == creation.entity), None)
        if reading is not None:
            read = target.caller().get(target.path(reading, made.json["id"]))
            assert {name: read.json[name] for name in body} == expected


@on(creates)
def test_a_decimal_gets_its_places_and_is_never_rounded(target: Target) -> None:
    creation = target.creation
    for each in (each for each in creation.request_fields if each.type == "decimal"):
        body, (_, scale) = target.body(creation), each.digits
        made = target.create(creation, body=body | {each.name: "7"})
        assert made.json[each.name] == f"{Decimal(7):.{scale}f}"
        finer = target.caller().change(creation.method, creation.path, body | {each.name: f"7.{'1' * (scale + 1)}"})
        assert finer.status == 422, finer.text


@on(anything)
def test_only_a_caller_with_a_good_token_and_the_scope_gets_in(target: Target) -> None:
    operation = next(each for each in target.operations if each.action in (Action.LIST, Action.GET) and each.endpoint.scope)
    path = target.path(operation, str(uuid4()))
    name, scope = target.service.name, operation.endpoint.scope or ""
    good = target.issuer.token(name, f"something:else {scope}")
    bad = {
        "missing": "",
        "no bearer": "Basic dXNlcjpwYXNz",
        "nonsense": "Bearer nonsense",
        "expired": f"Bearer {target.issuer.token(name, scope, exp=int(time.time()) - 60)}",
        "not yet": f"Bearer {target.issuer.token(name, scope, nbf=int(time.time()) + 600)}",
        "another audience": f"Bearer {target.issuer.token('somebody-else', scope)}",
        "another issuer": f"Bearer {target.issuer.token(name, scope, iss='http://other.test/')}",
        "no end": f"Bearer {target.issuer.token(name, scope, exp=None)}",
        "no subject": f"Bearer {target.issuer.token(name, scope, sub=None)}",
        "forged": f"Bearer {target.issuer.forged(name, scope)}",
        "cut": f"Bearer {good[:-4]}",
    }
    for what, value in bad.items():
        answer = Caller(target.running, {"Authorization": value} if value else {}).get(path)
        assert (answer.status, answer.is_problem) == (401, True), (what, answer.text)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), what
    short = target.caller("something:else").get(path)
    assert (short.status, short.is_problem) == (403, True), short.text
    assert scope in short.json["detail"]
    assert 'error="insufficient_scope"' in short.headers["WWW-Authenticate"]
    assert Caller(target.running, {"Authorization": f"Bearer {good}"}).get(path).status in (200, 404)
    assert target.running.call("GET", "/health/live").status == 200


@on(is_limited)
def test_a_caller_over_the_limit_waits_and_nobody_else_does(target: Target) -> None:
    limited = (each for each in target.operations if each.action is Action.CREATE and each.endpoint.rate_limit)
    operation = min(limited, key=lambda each: each.endpoint.rate_limit.requests if each.endpoint.rate_limit else 0)
    assert operation.endpoint.rate_limit is not None
    most = operation.endpoint.rate_limit.requests
    caller, body, key = target.caller(), target.body(operation), str(uuid4())
    answers = [caller.change(operation.method, operation.path, body, Idempotency_Key=key) for _ in range(most + 3)]
    assert [each.status for each in answers] == [201] * most + [429] * 3
    assert answers[-1].is_problem
    assert answers[-1].json["type"] == "urn:problem:rate-limited"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    target.create(operation)


@on(publishes_on_creation, every_broker=True)
def test_an_event_continues_the_trace_of_its_cause_and_tells_what_was_stored(target: Target) -> None:
    creation = target.creation
    trace = uuid4().hex
    target.published()
    made = target.create(creation, traceparent=f"00-{trace}-00f067aa0ba902b7-01", X_Request_ID=f"r-{trace}").json
    envelopes = target.published()
    assert [each["type"] for each in envelopes] == event_types(target, creation.endpoint.publishes)
    for name, envelope in zip(creation.endpoint.publishes, envelopes, strict=True):
        event = target.architecture.event(name)
        assert event is not None
        assert envelope["traceparent"].split("-")[1] == trace
        assert envelope["specversion"] == "1.0"
        assert envelope["datacontenttype"] == "application/json"
        assert envelope["partitionkey"] == envelope["subject"]
        assert envelope["partitionkey"] == target.key_of(creation, made)
        assert envelope["dataschema"] == f"/contracts/events/{event.name}.v{event.version}.json"
        expected = {each.name: source_of(made, each) for each in event.payload}
        assert envelope["data"] == expected
    records = [each for each in target.running.records if each.get("request_id") == f"r-{trace}"]
    assert records
    assert {each["trace_id"] for each in records} == {trace}


@on(creates)
def test_an_answer_that_is_stored_and_given_again_keeps_its_unicode(target: Target) -> None:
    creation, caller, key = target.creation, target.caller(), str(uuid4())
    texts = [each for each in creation.request_fields if each.type in ("string", "text") and each.pattern is None and not each.unique]
    body: dict[str, Any] = target.body(creation) | {each.name: UNICODE[: each.length_limit] for each in texts}
    first = target.create(creation, caller, body, Idempotency_Key=key)
    again = target.create(creation, caller, body, Idempotency_Key=key)
    assert again.body == first.body
    assert again.json == first.json
    assert {each.name: again.json[each.name] for each in texts} == {each.name: UNICODE[: each.length_limit] for each in texts}


def event_types(target: Target, names: tuple[str, ...]) -> list[str]:
    """The types of events on the wire."""
    return [target.event_type(event) for name in names if (event := target.architecture.event(name)) is not None]
