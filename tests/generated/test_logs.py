"""What logs say and what they never say: who has changed what, and nothing personal, wherever in a request it stands."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.generated.choosing import creates, on
from tests.generated.processes import until
from tests.generated.samples import sensitive_fields
from tests.generated.target import Target

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import FieldType
from microservices_skill.model.service import Action, Service
from microservices_skill.model.wire import Operation

pytestmark = pytest.mark.slow


def holds_personal_data(_: Architecture, service: Service) -> bool:
    """Something of it must stay out of logs."""
    return bool(sensitive_fields(service))


def audits(target: Target, **fields: object) -> list[dict[str, object]]:
    """The audit records with these fields."""
    return [each for each in target.running.records if each.get("event") == "audit" and fields.items() <= each.items()]


def the_audit(target: Target, **fields: object) -> dict[str, object]:
    """The one audit record with these fields; it is written once the answer is sent."""
    until(lambda: bool(audits(target, **fields)), 5, f"for an audit record of {fields}")
    [found] = audits(target, **fields)
    return found


def personal(operation: Operation) -> list[str]:
    """The fields of a request that must stay out of logs and hold text."""
    texts = (FieldType.STRING, FieldType.TEXT, FieldType.EMAIL)
    return [each.name for each in operation.request_fields if each.classification.is_sensitive and each.type in texts]


class Private:
    """Words that nothing else says, in the shapes that a request may give them."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def word(self, suffix: str = "") -> str:
        """A new one."""
        self.words.append(f"prvt{uuid4().hex[:12]}")
        return self.words[-1] + suffix

    def email(self) -> str:
        """A new address."""
        return self.word("@example.com")


@on(creates, holds_personal_data, one_per_system=True)
def test_nothing_personal_is_logged_wherever_it_stands(target: Target) -> None:
    private, creation, caller = Private(), target.creation, target.caller()
    body = target.body(creation)
    body |= {name: private.email() for name in personal(creation)}
    made = caller.change(creation.method, creation.path, body)
    path = f"{creation.path}/{made.json['id']}" if made.status == 201 else creation.path

    for change in (
        {private.word(): private.email()},
        {name: {"nested": private.email()} for name in body},
        {name: [private.email()] for name in body},
        {name: private.word("x" * 12_000) for name in body},
        {name: "\x00" + private.email() for name in personal(creation)},
        {"note": private.email(), "password": private.word(), "authorization": private.word()},
    ):
        caller.change(creation.method, creation.path, body | change)
    for raw in ('{"email": "%s", ', '["%s"]', '"%s"', "%s"):
        caller.change(creation.method, creation.path, (raw % private.email()).encode())

    for query in ("email", "limit", "cursor", "status", *(each.name for each in creation.entity.fields)):
        caller.get(f"{creation.path}?{query}={quote(private.email())}")
    for place in (path + "/", creation.path + "/", "/v1/", "/", "/health/", "/v1/sagas/"):
        for method in ("GET", "POST", "DELETE", "PATCH"):
            caller.send(method, place + quote(private.email()))

    for header in ("Idempotency-Key", "If-Match", "User-Agent", "X-Request-ID", "Cookie", "Origin", "Referer", "traceparent", "baggage"):
        target.running.call(creation.method, creation.path, body, {**caller.headers, header: private.email()})
    for scheme in ("Bearer ", "Basic ", ""):
        target.running.call(creation.method, creation.path, body, {"Authorization": scheme + private.email()})
    caller.change(creation.method, creation.path, body, Content_Type=f"application/{private.word()}")
    target.running.exchange(
        f"GET {creation.path}?q={private.word()} HTTP/1.1\r\nHost: {private.word()}\r\nConnection: close\r\n\r\n".encode()
    )
    target.running.exchange(f"{private.word()} / HTTP/9\r\n\r\n".encode())

    target.to_database.cut()
    away = caller.change(creation.method, creation.path, body | {name: private.email() for name in personal(creation)})
    assert away.status >= 500
    target.to_database.restore()

    log = target.running.log
    assert log.count("http.request") > 50, "there is a log to look at"
    assert len(private.words) > 60
    assert [line for line in log.splitlines() if any(word in line for word in private.words)] == []
    assert [text for text in target.samples.private if text in log] == []


@on(creates, one_per_system=True)
def test_whoever_changes_something_is_named_in_the_audit_log_with_what_and_whether(target: Target) -> None:
    creation, actor, trace = target.creation, str(uuid4()), uuid4().hex
    caller = target.caller(sub=actor, client_id="a-shell")
    headers = {"X_Request_ID": f"r-{trace}", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    made = caller.change(creation.method, creation.path, target.body(creation), **headers)
    assert made.status == 201, made.text
    record = the_audit(target, actor=actor, outcome="done")
    assert record["operation"] == creation.id
    assert record["entity_id"] == made.json["id"]
    assert (record["actor_client"], record["status"]) == ("a-shell", 201)
    assert (record["request_id"], record["trace_id"]) == (f"r-{trace}", trace)
    assert caller.change(creation.method, creation.path, {}).status == 422
    refused = the_audit(target, actor=actor, outcome="refused")
    assert (refused["operation"], refused["entity_id"], refused["status"]) == (creation.id, None, 422)


@on(creates, one_per_system=True)
def test_whoever_is_denied_is_named_as_far_as_is_known(target: Target) -> None:
    creation, actor, request = target.creation, str(uuid4()), f"r-{uuid4().hex}"
    narrow = target.caller("nothing:at-all", sub=actor)
    assert narrow.change(creation.method, creation.path, target.body(creation)).status == 403
    assert the_audit(target, actor=actor)["outcome"] == "denied"
    reading = next(each for each in target.operations if each.action in (Action.GET, Action.LIST) and each.endpoint.auth)
    path, identity = reading.path, str(uuid4())
    unknown = target.running.call("GET", target.path(reading, identity) if reading.targets_one else path, headers={"X-Request-ID": request})
    assert unknown.status == 401
    record = the_audit(target, request_id=request)
    assert (record["outcome"], record["actor"], record["status"]) == ("denied", None, 401)
    assert record["operation"] == reading.id
    assert record["entity_id"] == (identity if reading.targets_one else None)


@on(creates, one_per_system=True)
def test_whoever_only_reads_leaves_no_audit_record(target: Target) -> None:
    actor = str(uuid4())
    caller = target.caller(sub=actor)
    for each in (each for each in target.operations if each.action is Action.LIST):
        assert caller.get(each.path).status == 200
    caller.change(target.creation.method, target.creation.path, {})
    assert the_audit(target, actor=actor)["status"] == 422
