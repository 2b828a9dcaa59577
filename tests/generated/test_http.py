"""What every service promises to whoever speaks HTTP to it, in good faith or not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.generated.choosing import anything, creates, lists_what_it_creates, on, updates
from tests.generated.target import Target

from microservices_skill.model.fields import FieldType
from microservices_skill.model.service import Action
from microservices_skill.model.wire import Operation

pytestmark = pytest.mark.slow

WORDS = frozenset({"title", "description", "summary", "tags", "examples", "x-scopes"})
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
METRICS = {
    "events_published_total": "counter",
    "events_consumed_total": "counter",
    "events_dead_lettered_total": "counter",
    "outbox_pending": "gauge",
    "outbox_lag_seconds": "gauge",
    "dependency_calls_total": "counter",
    "circuit_breaker_open": "gauge",
    "lifecycle_transitions_total": "counter",
}


@on(anything)
def test_the_service_speaks_its_contract(target: Target) -> None:
    served = target.running.call("GET", "/openapi.json").json
    promised = json.loads((target.running.folder / "contracts" / "openapi.json").read_text(encoding="utf-8"))
    for part in ("paths", "components"):
        assert bare(served[part]) == bare(promised[part])


@on(anything)
def test_every_answer_carries_security_headers_and_a_request_id(target: Target) -> None:
    for path in ("/health/live", "/no/such/path", target.operations[0].path.replace("{", "").replace("}", "")):
        answer = target.running.call("GET", path)
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert answer.headers["X-Request-ID"]
        assert "X-Powered-By" not in answer.headers


@on(anything)
def test_a_request_id_is_echoed_and_a_bad_one_replaced(target: Target) -> None:
    caller = target.caller()
    assert caller.get("/no/such", X_Request_ID="my-Own_id.7").headers["X-Request-ID"] == "my-Own_id.7"
    for bad in ("with space", "x" * 129, "<script>"):
        assert caller.get("/no/such", X_Request_ID=bad).headers["X-Request-ID"] not in (bad, "", None)


@on(anything)
def test_the_metrics_are_there_by_their_names(target: Target) -> None:
    target.caller().get("/no/such")
    answer = target.running.call("GET", "/metrics")
    assert answer.headers.get_content_type() == "text/plain"
    types = dict(line.split()[2:4] for line in answer.text.splitlines() if line.startswith("# TYPE"))
    assert {name: types.get(name) for name in METRICS} == METRICS
    assert any(name.startswith("http_server_request_duration") and kind == "histogram" for name, kind in types.items())


@on(anything)
def test_an_unknown_path_is_404_and_a_wrong_method_405_that_says_which_are_right(target: Target) -> None:
    caller = target.caller()
    unknown = caller.get("/no/such/path")
    assert (unknown.status, unknown.is_problem, unknown.json["instance"]) == (404, True, "/no/such/path")
    methods: dict[str, set[str]] = {}
    identity = str(uuid4())
    for each in target.operations:
        methods.setdefault(target.path(each, identity) if each.targets_one else each.path, set()).add(each.method)
    for path, allowed in methods.items():
        wrong = caller.send("PATCH", path)
        assert (wrong.status, wrong.is_problem) == (405, True), wrong.text
        assert {each.strip() for each in wrong.headers["Allow"].split(",")} - {"HEAD", "OPTIONS"} == allowed


@on(anything)
def test_what_does_not_exist_is_404_and_what_is_no_id_is_422(target: Target) -> None:
    caller = target.caller()
    operation = next(each for each in target.operations if each.targets_one and each.action in (Action.GET, Action.DELETE))
    missing = caller.send(operation.method, target.path(operation, str(uuid4())))
    assert (missing.status, missing.is_problem) == (404, True), missing.text
    malformed = caller.send(operation.method, target.path(operation, "no-id"))
    assert (malformed.status, malformed.is_problem) == (422, True), malformed.text
    assert [each["pointer"] for each in malformed.json["errors"]] == [f"/path/{operation.entity.reference}"]


@on(creates)
def test_a_creation_says_where_the_new_thing_is_and_a_reading_gives_the_same(target: Target) -> None:
    caller = target.caller()
    made = target.create(target.creation, caller)
    identity = made.json["id"]
    assert made.headers["Location"] == f"{target.creation.path}/{identity}"
    assert made.headers["ETag"] == f'"{made.json["version"]}"' == '"1"'
    assert made.headers.get_content_type() == "application/json"
    reading = next((each for each in target.operations if each.action is Action.GET and each.entity == target.creation.entity), None)
    if reading is not None:
        read = caller.get(target.path(reading, identity))
        assert (read.status, read.json, read.headers["ETag"]) == (200, made.json, made.headers["ETag"])


@on(creates)
def test_a_field_that_is_unknown_or_missing_is_refused_by_its_pointer(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    body = target.body(creation)
    unknown = caller.change(creation.method, creation.path, body | {"no_such_field": 1})
    assert (unknown.status, unknown.is_problem) == (422, True), unknown.text
    assert [each["pointer"] for each in unknown.json["errors"]] == ["/body/no_such_field"]
    needed = next(each.name for each in creation.request_fields if each.required)
    missing = caller.change(creation.method, creation.path, {name: value for name, value in body.items() if name != needed})
    assert (missing.status, missing.is_problem) == (422, True), missing.text
    assert [each["pointer"] for each in missing.json["errors"]] == [f"/body/{needed}"]


@on(creates)
def test_a_value_of_another_type_is_refused_wherever_it_stands(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    body = target.body(creation)
    for name, pointer, wrong in misfits(body, ""):
        answer = caller.change(creation.method, creation.path, wrong)
        assert (answer.status, answer.is_problem) == (422, True), (name, answer.text)
        assert all(each["pointer"].startswith(f"/body{pointer}") for each in answer.json["errors"]), (pointer, answer.text)


@on(creates)
def test_numbers_are_not_made_of_text_nor_text_of_numbers(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    body = target.body(creation)
    for each in creation.request_fields:
        wrong: list[Any]
        match each.type:
            case FieldType.INTEGER:
                wrong = [str(body[each.name]), body[each.name] + 0.5, True, 2**53]
            case FieldType.NUMBER | FieldType.DECIMAL:
                wrong = [True, "NaN", "1e3", "٣"]
            case FieldType.BOOLEAN:
                wrong = ["true", 1, 0]
            case FieldType.MONEY:
                wrong = [{"minor_units": amount, "currency": "EUR"} for amount in (1.5, "10", 2**53)]
            case FieldType.DATETIME:
                wrong = ["2026-03-10T09:30:00", "2026-03-10", 1773135000, "0001-01-01T00:00:00+14:00"]
            case FieldType.DATE:
                wrong = ["2026-02-30", "2026-03-10T00:00:00Z", 20260310]
            case FieldType.STRING | FieldType.TEXT:
                wrong = [1, True, "x\x00y"]
            case _:
                wrong = [1]
        for value in wrong:
            answer = caller.change(creation.method, creation.path, body | {each.name: value})
            assert (answer.status, answer.is_problem) == (422, True), (each.name, value, answer.text)


@on(creates)
def test_bodies_that_are_no_json_are_400_and_never_a_fault_of_ours(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    good = json.dumps(target.body(creation)).encode()
    for body in (
        b"",
        b"{",
        b"nonsense",
        good[:-1],
        good + b"}",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe\x00",
        b'{"a": "\xc3\x28"}',
    ):
        answer = caller.change(creation.method, creation.path, body)
        assert answer.is_problem, (body[:40], answer)
        assert answer.status in (400, 422), (body[:40], answer.text)
    assert caller.change(creation.method, creation.path, good[:-1]).status == 400
    for other in (b"null", b"[]", b"1", b'"text"', b"[" * 500 + b"]" * 500):
        answer = caller.change(creation.method, creation.path, other)
        assert (answer.status, answer.is_problem) == (422, True), (other[:40], answer.text)


@on(creates)
def test_a_body_of_another_content_type_is_not_read(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    good = json.dumps(target.body(creation)).encode()
    for content_type in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "nonsense",
    ):
        answer = caller.change(creation.method, creation.path, good, Content_Type=content_type)
        assert answer.status in (415, 422), (content_type, answer.text)
        assert answer.is_problem
    assert caller.change(creation.method, creation.path, good, Content_Type="application/json; charset=utf-8").status == 201


@on(creates)
def test_a_body_of_two_megabytes_is_413(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    huge = json.dumps(target.body(creation) | {"padding": "x" * 2_000_000}).encode()
    answer = caller.change(creation.method, creation.path, huge)
    assert (answer.status, answer.is_problem) == (413, True), answer.text


@on(creates, one_per_system=True)
def test_a_body_of_two_megabytes_that_does_not_say_its_length_is_413_too(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    huge = json.dumps(target.body(creation) | {"padding": "x" * 2_000_000}).encode()
    head = f"{creation.method} {creation.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIdempotency-Key: {uuid4()}\r\n"
    head += f"Authorization: {caller.headers['Authorization']}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (huge[at : at + 60_000] for at in range(0, len(huge), 60_000)))
    answer = target.running.exchange(head.encode() + chunks + b"0\r\n\r\n")
    assert answer[:12] in (b"HTTP/1.1 413", b""), answer[:1000]  # nothing is left of it where the service hangs up while we send


@on(creates)
def test_absurd_headers_and_requests_are_refused_without_a_fault(target: Target) -> None:
    caller, creation = target.caller(), target.creation
    for key in ("x" * 256, "with space", "k\u00e9y", ""):
        answer = caller.change(creation.method, creation.path, target.body(creation), Idempotency_Key=key)
        assert answer.status in (400, 422), (key, answer.text)
        assert answer.is_problem
    line = f"GET {target.operations[0].path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    for absurd in (
        line + "X-Long: " + "x" * 200_000 + "\r\n\r\n",
        line + "".join(f"X-Many-{number}: y\r\n" for number in range(5000)) + "\r\n",
        line + "Content-Length: -1\r\n\r\n",
        line + "Content-Length: 99999999999999999999\r\n\r\n",
        line + "Authorization: Bearer \x01\x02\r\n\r\n",
        line + "Authorization: Basic \xff\xfe\r\n\r\n",
        "GET /v1/%00%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "NONSENSE\r\n\r\n",
    ):
        status = target.running.exchange(absurd.encode("latin-1")).split(b" ")[1:2]
        assert not status or status[0].startswith(b"4"), (absurd[:80], status)
    assert target.is_ready()


@on(lists_what_it_creates)
def test_pages_give_everything_once_and_their_limits_hold(target: Target) -> None:
    caller, listing = target.caller(), listing_of(target)
    creation = target.operation(Action.CREATE, listing.entity)
    made = [target.create(creation).json for _ in range(5)]
    found: list[Any] = []
    cursor = ""
    while True:
        page = caller.get(f"{listing.path}?limit=2{cursor}")
        assert page.status == 200, page.text
        assert len(page.json["items"]) <= 2
        found += page.json["items"]
        if page.json["next_cursor"] is None:
            break
        cursor = f"&cursor={page.json['next_cursor']}"
    identities = [each["id"] for each in found]
    assert len(identities) == len(set(identities)) == target.database.count(listing.entity.table)
    assert [each for each in found if each["id"] in {one["id"] for one in made}] == made
    for query in ("limit=0", "limit=101", "limit=x", "limit=1.5", "cursor=x", "limit=2&limit=x"):
        refused = caller.get(f"{listing.path}?{query}")
        assert (refused.status, refused.is_problem) == (422, True), (query, refused.text)
        assert refused.json["errors"][0]["pointer"] == f"/query/{query.split('=')[0]}"


@on(lists_what_it_creates)
def test_filters_give_what_fits_and_nothing_else(target: Target) -> None:
    caller, listing = target.caller(), listing_of(target)
    made = target.create(target.operation(Action.CREATE, listing.entity)).json
    target.create(target.operation(Action.CREATE, listing.entity))
    for each in listing.filters:
        value = made[each.name]
        text = quote(json.dumps(value) if isinstance(value, bool) else str(value))
        found = caller.get(f"{listing.path}?limit=100&{each.name}={text}")
        assert found.status == 200, found.text
        assert {item[each.name] for item in found.json["items"]} == {value}
        if len(found.json["items"]) < 100:
            assert made["id"] in {item["id"] for item in found.json["items"]}
        if each.type not in (FieldType.STRING, FieldType.EMAIL):
            refused = caller.get(f"{listing.path}?{each.name}=%00")
            assert (refused.status, refused.is_problem) == (422, True), refused.text


@on(updates)
def test_a_change_is_made_to_the_version_that_was_seen_or_not_at_all(target: Target) -> None:
    caller = target.caller()
    update = target.operation(Action.UPDATE)
    path = target.path(update, target.make(update.entity))
    body = target.body(update)
    needed = caller.change(update.method, path, body)
    assert (needed.status, needed.is_problem) == (428, True), needed.text
    for bad in ("1", "W/", '"x"', '"1", "2"'):
        malformed = caller.change(update.method, path, body, If_Match=bad)
        assert (malformed.status, malformed.is_problem) == (422, True), (bad, malformed.text)
    stale = caller.change(update.method, path, body, If_Match='"99"')
    assert (stale.status, stale.is_problem) == (412, True), stale.text
    changed = caller.change(update.method, path, target.body(update), If_Match='"1"')
    assert (changed.status, changed.headers["ETag"], changed.json["version"]) == (200, '"2"', 2), changed.text
    late = caller.change(update.method, path, target.body(update), If_Match='"1"')
    assert late.status == 412, late.text
    same = caller.change(update.method, path, {name: changed.json[name] for name in body}, If_Match='"2"')
    assert (same.status, same.headers["ETag"], same.json) == (200, '"2"', changed.json), same.text
    anyhow = caller.change(update.method, path, target.body(update), If_Match="*")
    assert anyhow.status == 200, anyhow.text


def listing_of(target: Target) -> Operation:
    """The operation that lists what can be created."""
    made = {each.entity.name for each in target.operations if each.action is Action.CREATE}
    return next(each for each in target.operations if each.action is Action.LIST and each.entity.name in made)


def misfits(body: Any, pointer: str) -> list[tuple[str, str, Any]]:
    """The body with one value at a time, at any depth, replaced by one of no fitting type."""
    found: list[tuple[str, str, Any]] = []
    pairs = list(body.items() if isinstance(body, dict) else enumerate(body))
    for key, value in pairs:
        here = f"{pointer}/{key}"
        wrong = {"inner": {"unexpected": []}} if not isinstance(value, dict) else "text"
        options = [(here, here, wrong)]
        if isinstance(value, (dict, list)):
            options += misfits(value, here)
        for name, at, inner in options:
            copied = dict(body) if isinstance(body, dict) else list(body)
            copied[key] = inner
            found.append((name, at, copied))
    return found


def bare(node: Any, *, is_names: bool = False) -> Any:
    """The node without what is only for people, and with what has no order in one order."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if is_names or key not in WORDS}
        return {
            key: sorted(value)
            if key == "required" and isinstance(value, list)
            else sorted((bare(each) for each in value), key=lambda each: (each["in"], each["name"]))
            if key == "parameters"
            else bare(value, is_names=key in ("properties", "schemas", "responses", "headers", "securitySchemes") and not is_names)
            for key, value in kept.items()
            if not (key == "default" and value is None)
        }
    if isinstance(node, list):
        return [bare(each) for each in node]
    return node
