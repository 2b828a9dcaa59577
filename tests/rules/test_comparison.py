"""Two versions of a model: what breaks those who rely on the older one, and what does not."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.catalogue import RULES
from microservices_skill.rules.engine import validate
from microservices_skill.rules.findings import Finding

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*/architecture.yaml"))
COMPARING = {rule.id for rule in RULES if rule.compares}
Model = dict[str, Any]

SHOP = """
system: {name: shop, domain: Retail}
services:
- name: orders
  responsibility: Takes orders
  valueTypes:
  - {name: Address, fields: [{name: street, type: string}, {name: floor, type: integer, required: false}]}
  entities:
  - name: Purchase
    fields:
    - {name: total, type: integer, minimum: 1, maximum: 100}
    - {name: size, type: enum, values: [small, large]}
    - {name: note, type: string, required: false, maxLength: 50}
    - {name: address, type: object, object: Address}
    - {name: tags, type: list, items: {type: string, maxLength: 10}}
    lifecycle:
      initial: placed
      states: [placed, paid]
      transitions: [{name: pay, from: [placed], to: paid}]
  endpoints:
  - {operation: placePurchase, action: create, entity: Purchase, publishes: [PurchasePlaced]}
  - {operation: listPurchases, action: list, entity: Purchase, filters: [status, size]}
  - {operation: payPurchase, action: transition, transition: pay, entity: Purchase}
- name: desk
  responsibility: Shows orders
  entities: [{name: Row}]
  dependencies: [{to: orders, operations: [placePurchase, listPurchases, payPurchase]}]
  subscriptions: [{event: PurchasePlaced, action: create, entity: Row}]
events:
- name: PurchasePlaced
  publisher: orders
  payload:
  - {name: total, type: integer, minimum: 1, maximum: 100}
  - {name: size, type: enum, values: [small, large]}
"""


def shop() -> Model:
    found: Model = yaml.safe_load(SHOP)
    return found


def changed(path: str, value: object, base: Model | None = None) -> Model:
    """The shop with ``value`` at a path: a list gets it as a further item, None takes the key or item away."""
    model = deepcopy(base) if base is not None else shop()
    *way, last = (int(part) if part.isdigit() else part for part in path.split("/"))
    at: Any = model
    for part in way:
        at = at[part]
    if value is None:
        del at[last]
    elif last == "+":
        at.append(value)
    else:
        at[last] = value
    return model


def without_pay(model: Model) -> Model:
    """The model without payPurchase and what calls it."""
    found = changed("services/0/endpoints/2", None, model)
    found["services"][1].pop("dependencies", None)
    found.pop("sagas", None)
    return found


def against(old: Model, new: Model) -> list[Finding]:
    before, now = (read_architecture(yaml.safe_dump(model))[0] for model in (old, new))
    return [finding for finding in validate(now, previous=before) if finding.rule in COMPARING]


def said(old: Model, new: Model) -> list[tuple[str, str, str]]:
    return [(finding.rule, str(finding.severity), finding.location) for finding in against(old, new)]


FIELDS = "services/0/entities/0/fields"
ENDPOINTS = "services/0/endpoints"
AT = "/services/0/endpoints/0"
ENTITY = "/services/0/entities/0"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{FIELDS}/+", {"name": "gift", "type": "boolean", "required": False}),
        ("services/0/valueTypes/0/fields/+", {"name": "town", "type": "string", "required": False}),
        (f"{ENDPOINTS}/+", {"operation": "getPurchase", "action": "get", "entity": "Purchase", "scope": "purchases:read"}),
        (f"{ENDPOINTS}/1/filters/+", "total"),
        ("events/0/payload/+", {"name": "note", "type": "string", "required": False}),
        ("events/+", {"name": "PurchasePaid", "publisher": "orders", "payload": []}),
        ("events/0/description", "Someone bought something"),
        ("services/+", {"name": "mail", "responsibility": "Sends", "exposure": "public", "dependencies": [{"to": "orders"}]}),
        ("services/1/dependencies/0/timeout", "200ms"),
        ("services/0/slo", {"availability": 99.99, "p99": "100ms"}),
    ],
)
def test_what_is_added_breaks_nobody(path: str, value: object) -> None:
    assert said(shop(), changed(path, value)) == []


@pytest.mark.parametrize("path", EXAMPLES + sorted(HERE.glob("*/violates.yaml")), ids=lambda path: path.parent.name)
def test_no_model_breaks_itself(path: Path) -> None:
    model = read_architecture(path.read_text(encoding="utf-8"))[0]
    assert COMPARING & {finding.rule for finding in validate(model, previous=model)} == set()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (f"{ENDPOINTS}/0/path", "/v1/purchases/new", [("moved-endpoint", f"{AT}/path")]),
        (f"{ENDPOINTS}/0/idempotent", False, [("lost-idempotence", f"{AT}/idempotent")]),
        (f"{ENDPOINTS}/0/scope", "purchases:write", [("new-scope-needed", f"{AT}/scope")]),
        (f"{ENDPOINTS}/1/filters/1", None, [("tightened-request", "/services/0/endpoints/1")]),
        (f"{ENDPOINTS}/2/request", ["note"], [("new-required-request-field", "/services/0/endpoints/2")]),
        (f"{FIELDS}/0/minimum", 2, [("tightened-request", AT)]),
        (f"{FIELDS}/0/maximum", None, [("widened-response", f"{ENTITY}/fields/0")]),
        (f"{FIELDS}/0/unique", True, [("tightened-request", AT)]),
        (
            f"{FIELDS}/0/type",
            "number",
            [("breaking-response-change", f"{ENTITY}/fields/0")],
        ),
        (
            f"{FIELDS}/1/values",
            ["small", "huge"],
            [("tightened-request", AT), ("tightened-request", "/services/0/endpoints/1"), ("widened-response", f"{ENTITY}/fields/1")],
        ),
        (f"{FIELDS}/2/required", True, [("new-required-request-field", AT)]),
        (f"{FIELDS}/2", None, [("tightened-request", AT), ("breaking-response-change", f"{ENTITY}/fields")]),
        (f"{FIELDS}/4/items/maxLength", 5, [("tightened-request", AT)]),
        (f"{FIELDS}/4/maxItems", 200, [("widened-response", f"{ENTITY}/fields/4")]),
        ("services/0/valueTypes/0/fields/1/required", True, [("new-required-request-field", AT)]),
        ("services/0/valueTypes/0/fields/0/required", False, [("breaking-response-change", f"{ENTITY}/fields/3")]),
        (f"{FIELDS[:-7]}/lifecycle/states/+", "sent", [("widened-response", f"{ENTITY}/lifecycle/states")]),
        (
            f"{FIELDS[:-7]}/invariants",
            [{"name": "total_is_even", "field": "total", "operator": "gt", "value": 3}],
            [("tightened-request", AT)],
        ),
        ("events/0/payload/0", None, [("breaking-event-change", "/events/0/payload")]),
        ("events/0/payload/1/values/+", "huge", [("widened-event", "/events/0/payload/1")]),
        ("events/0/payload/0/maximum", 99, []),
        ("events/0/orderingKey", "total", [("changed-ordering-key", "/events/0/orderingKey")]),
        ("events/0/version", 2, [("removed-event", "/events"), ("superseded-event", "/events/0/version")]),
        (
            "events/+",
            {"name": "PurchasePlaced", "version": 2, "publisher": "orders", "payload": []},
            [],
        ),
        (f"{ENDPOINTS}/0/publishes", [], [("silenced-event", "/events/0")]),
        ("services/0/slo", {"availability": 99.0}, [("lowered-slo", "/services/0/slo/availability")]),
    ],
)
def test_each_change_is_found_where_it_stands_and_nothing_else(path: str, value: object, expected: list[tuple[str, str]]) -> None:
    found = said(shop(), changed(path, value))
    assert sorted((rule, location) for rule, _, location in found) == sorted(expected)


def test_a_transition_that_becomes_an_update_demands_if_match() -> None:
    update = {"operation": "payPurchase", "action": "update", "entity": "Purchase", "path": "/v1/purchases/{purchase_id}/pay"}
    old = changed(f"{ENDPOINTS}/2/method", "PUT")
    found = against(old, changed(f"{ENDPOINTS}/2", update))
    assert "payPurchase now demands If-Match; used by desk" in [finding.message for finding in found]


def test_a_path_parameter_may_change_its_name() -> None:
    new = shop()
    new["services"][0]["entities"][0]["name"] = "Order"
    for endpoint in new["services"][0]["endpoints"]:
        endpoint["entity"] = "Order"
        endpoint["path"] = {"payPurchase": "/v1/purchases/{order_id}/pay"}.get(endpoint["operation"], "/v1/purchases")
    assert said(shop(), new) == []


def test_what_nobody_calls_is_a_warning_and_what_is_public_or_called_an_error() -> None:
    alone = changed("services/1/dependencies", None)
    public = changed("services/0/exposure", "public", alone)
    saga = {"name": "Sale", "coordinator": "desk", "steps": [{"name": "pay", "service": "orders", "operation": "payPurchase"}]}
    for old, severity in ((alone, "warning"), (public, "error"), (changed("sagas", [saga], alone), "error"), (shop(), "error")):
        assert [(rule, level) for rule, level, _ in said(old, without_pay(old))] == [("removed-endpoint", severity)]


def test_a_finding_names_the_old_place_and_who_relies_on_it() -> None:
    assert [finding.message for finding in against(shop(), without_pay(shop()))] == [
        "payPurchase of orders is gone (it was /services/0/endpoints/2); used by desk"
    ]


def test_a_broken_event_says_which_version_to_publish() -> None:
    (found,) = against(shop(), changed("events/0/payload/0/required", False))
    assert found.message == (
        "PurchasePlaced version 1: total is no longer always there; make it version 2 and keep version 1 beside it: paste"
        ' - {"name": "PurchasePlaced", "publisher": "orders", "payload": [{"type": "integer", "minimum": 1, "maximum": 100, "name":'
        ' "total"}, {"type": "enum", "values": ["small", "large"], "name": "size"}], "version": 1}; used by desk'
    )


def test_what_a_broken_event_says_to_paste_makes_it_whole() -> None:
    broken = changed("events/0/payload/0/required", False)
    (found,) = against(shop(), broken)
    pasted = yaml.safe_load(found.message.partition("paste ")[2].rpartition("; used by")[0])
    broken["events"][0]["version"] = 2
    assert against(shop(), broken | {"events": broken["events"] + pasted}) == []


def test_an_old_version_may_go_once_the_newer_was_published_unless_outsiders_read_it() -> None:
    both = changed("events/+", {"name": "PurchasePlaced", "version": 2, "publisher": "orders"})
    (found,) = against(both, changed("events/0", None, both))
    assert (found.rule, found.message) == ("retired-event-version", "PurchasePlaced version 1 is retired, version 2 stays; used by desk")
    read = changed("events/0/externalConsumers", ["the warehouse"], both)
    assert said(read, changed("events/0", None, read)) == [("removed-event", "error", "/events")]


def test_a_removed_service_is_an_error_only_while_something_still_reaches_for_it() -> None:
    new = changed("services/0", None, changed("events", []))
    new["services"][0] = {"name": "desk", "responsibility": "Shows orders", "entities": [{"name": "Row"}]}
    assert ("removed-service", "warning", "/services") in said(shop(), new)
    still = deepcopy(new) | {"externals": [{"name": "orders"}]}
    still["services"][0]["dependencies"] = [{"to": "orders"}]
    assert ("removed-service", "error", "/services") in said(shop(), still)


def test_what_a_neighbour_does_not_offer_yet_says_who_is_deployed_first() -> None:
    new = changed(f"{ENDPOINTS}/+", {"operation": "getPurchase", "action": "get", "entity": "Purchase"})
    new["services"][1]["dependencies"][0]["operations"].append("getPurchase")
    new["events"][0]["payload"].append({"name": "note", "type": "string", "required": False})
    new["services"][1]["entities"][0]["fields"] = [{"name": "note", "type": "string", "required": False}]
    new["services"][1]["subscriptions"][0]["set"] = [{"field": "note", "source": "note"}]
    assert [(finding.rule, str(finding.severity), finding.message) for finding in against(shop(), new)] == [
        ("deployment-order", "info", "desk calls getPurchase of orders, which is new: deploy orders first"),
        ("deployment-order", "info", "desk reads note of PurchasePlaced, which is new: deploy orders first"),
    ]


def test_an_event_may_not_move_to_another_service_unseen() -> None:
    new = changed("events/0/publisher", "desk", changed(f"{ENDPOINTS}/0/publishes", []))
    assert ("changed-publisher", "warning", "/events/0/publisher") in said(shop(), new)


def test_an_accepted_risk_silences_a_finding_and_is_not_unmatched_without_the_older_version() -> None:
    risk = {"rule": "removed-endpoint", "at": "/services/0/endpoints", "reason": "The desk moves first"}
    new = changed("acceptedRisks", [risk], without_pay(shop()))
    assert [finding.accepted for finding in against(shop(), new)] == ["The desk moves first"]
    alone: Architecture = read_architecture(yaml.safe_dump(new))[0]
    assert "unmatched-accepted-risk" not in {finding.rule for finding in validate(alone)}
    assert "unmatched-accepted-risk" in {finding.rule for finding in validate(alone, previous=alone)}


def test_without_an_older_version_no_comparing_rule_speaks() -> None:
    assert len(COMPARING) == 35
    assert against(shop(), shop()) == []
