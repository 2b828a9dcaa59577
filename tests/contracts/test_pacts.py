"""Pacts hold what a consumer uses, and no more, in the form of the Pact Specification, version 4."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from microservices_skill.contracts import pacts
from microservices_skill.contracts.render import for_service
from microservices_skill.errors import SkillError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture

ROOT = Path(__file__).parents[2]
MODELS = sorted([*(ROOT / "examples").glob("*/architecture.yaml"), *(ROOT / "tests" / "generated" / "cases").glob("*.yaml")])

SHOP = """
system: {name: shop, domain: Retail}
services:
- name: catalogue
  responsibility: Knows products
  entities:
  - {name: Brand, fields: [{name: label, type: string}]}
  - name: Product
    fields:
    - {name: code, type: string, unique: true}
    - {name: brand_id, type: uuid, references: Brand}
    - {name: price, type: money, minimum: 0}
    - {name: note, type: text, required: false}
    lifecycle:
      initial: draft
      states: [draft, offered]
      transitions: [{name: offer, from: [draft], to: offered, publishes: [ProductOffered]}]
  endpoints:
  - {operation: addProduct, action: create, entity: Product, request: [code, brand_id, price]}
  - {operation: listProducts, action: list, entity: Product}
  - {operation: changeProduct, action: update, entity: Product}
  - {operation: offerProduct, action: transition, entity: Product, transition: offer}
  - {operation: dropProduct, action: delete, entity: Product}
- name: window
  responsibility: Shows products
  language: go
  entities: [{name: Poster, fields: [{name: product_id, type: uuid, unique: true}, {name: price, type: money, minimum: 0}]}]
  dependencies:
  - {to: catalogue, operations: [addProduct, listProducts, changeProduct, offerProduct, dropProduct], reads: [code, note, status]}
  subscriptions: [{event: ProductOffered, action: create, entity: Poster}]
events:
- name: ProductOffered
  publisher: catalogue
  payload: [{name: product_id, type: uuid}, {name: code, type: string}, {name: price, type: money, minimum: 0}]
"""


def read(text: str) -> Architecture:
    return read_architecture(text)[0]


def interactions(architecture: Architecture, *names: str) -> dict[str, dict[str, Any]]:
    consumer, provider = names
    return {each["description"]: each for each in pacts.documents(architecture)[consumer, provider]["interactions"]}


def test_an_event_is_held_to_what_its_subscriber_takes_over() -> None:
    found = interactions(read(SHOP), "window", "catalogue")["ProductOffered.v1"]
    assert found["type"] == "Asynchronous/Messages"
    content = found["contents"]["content"]
    assert content["data"] == {"product_id": pacts.IDENTITY, "price": {"minor_units": 1000, "currency": "EUR"}}
    assert (content["type"], content["source"]) == ("shop.ProductOffered.v1", "/catalogue")


def test_an_answer_is_held_to_what_its_caller_reads() -> None:
    found = interactions(read(SHOP), "window", "catalogue")
    read_back = {name: each["response"].get("body", {}).get("content") for name, each in found.items() if "response" in each}
    assert read_back == {
        "addProduct": {"code": "example", "status": "draft"},
        "listProducts": {"items": [{"code": "example", "note": "example", "status": "draft"}]},
        "changeProduct": {"code": "example", "note": "example", "status": "draft"},
        "offerProduct": {"code": "example", "note": "example", "status": "draft"},
        "dropProduct": None,
    }, "what a creation leaves out may be null"
    everything = interactions(read(SHOP.replace(", reads: [code, note, status]", "")), "window", "catalogue")["listProducts"]
    [item] = everything["response"]["body"]["content"]["items"]
    assert list(item) == ["id", "code", "brand_id", "price", "note", "status", "version", "created_at", "updated_at"]


def test_a_request_says_what_must_be_there_before_it_and_what_it_sends() -> None:
    found = interactions(read(SHOP), "window", "catalogue")
    here = {"id": pacts.IDENTITY}
    assert {name: each["providerStates"][1:] for name, each in found.items()} == {
        "addProduct": [{"name": "a brand exists", "params": here}],
        "listProducts": [{"name": "a product exists", "params": here}],
        "changeProduct": [{"name": "a brand exists", "params": here}, {"name": "a product exists", "params": here}],
        "offerProduct": [{"name": "a product exists", "params": here | {"status": "draft"}}],
        "dropProduct": [{"name": "a product exists", "params": here}],
        "ProductOffered.v1": [],
    }
    change = found["changeProduct"]["request"]
    assert (change["method"], change["path"]) == ("PUT", f"/v1/products/{pacts.IDENTITY}")
    assert change["headers"] == {"Content-Type": ["application/json"], "Idempotency-Key": ["changeProduct-1"], "If-Match": ['"1"']}
    assert change["body"]["content"]["brand_id"] == pacts.IDENTITY
    assert change["body"]["content"]["code"] != "example", "the stored one has that already"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_rule_stands_on_a_value_of_its_interaction(path: Path) -> None:
    documents = pacts.documents(read(path.read_text(encoding="utf-8")))
    assert list(documents) == sorted(documents)
    for document in documents.values():
        for each in document["interactions"]:
            message, answer = each.get("contents"), each.get("response", {}).get("body")
            rules = each.get("matchingRules", each.get("response", {}).get("matchingRules", {})).get("body", {})
            content = (message or answer or {}).get("content")
            for place, rule in rules.items():
                value = at(content, place)
                for matcher in rule["matchers"]:
                    assert matcher["match"] != "regex" or re.search(matcher["regex"], str(value)), (place, value)


def at(content: Any, place: str) -> Any:
    """The value at a path of Pact's."""
    for part in place.removeprefix("$").replace("[*]", ".0").strip(".").split("."):
        content = content[int(part)] if part.isdigit() else content[part]
    return content


def test_a_service_keeps_the_pacts_of_both_its_sides() -> None:
    architecture = read(SHOP)
    for service in architecture.services:
        found = [path for path in for_service(architecture, service) if "/pacts/" in path]
        assert found == ["contracts/pacts/window--catalogue.json"]


def test_a_field_that_no_answer_has_cannot_be_read() -> None:
    with pytest.raises(SkillError, match="there is no field in what catalogue answers 'colour'"):
        read(SHOP.replace("reads: [code, note", "reads: [colour"))
