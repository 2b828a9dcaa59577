"""Forty services at once, joined by sagas, events and calls: all of it is generated, it parses, and it does not take long."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from tests.codegen.test_generated_code import assert_parses

from microservices_skill.codegen.generate import generate_service
from microservices_skill.contracts.render import for_service, render
from microservices_skill.deployment.render import render as deployment
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import blocks, validate

GROUPS, LIMIT_S = 10, 60.0
"""Four services each, and the processor time that one language may take: it is about twenty seconds."""

PARTS = ("order", "stock", "payment", "notice")


def group(number: int) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """A coordinator, two participants and a subscriber, with the saga and the event that join them to the next group."""
    names = {part: f"{part}-{number}" for part in PARTS}
    following = f"notice-{(number + 1) % GROUPS}"
    order = {
        "name": names["order"],
        "responsibility": "Takes orders",
        "entities": [
            {
                "name": "PurchaseOrder",
                "fields": [{"name": "total", "type": "money", "minimum": 0}, {"name": "sku", "type": "string"}],
                "lifecycle": {
                    "initial": "pending",
                    "states": ["pending", "confirmed", "cancelled"],
                    "transitions": [
                        {"name": "confirm", "from": ["pending"], "to": "confirmed", "publishes": [f"OrderConfirmed{number}"]},
                        {"name": "cancel", "from": ["pending"], "to": "cancelled"},
                    ],
                },
            }
        ],
        "endpoints": [
            {"operation": "placeOrder", "action": "create", "entity": "PurchaseOrder"},
            {"operation": "getOrder", "action": "get", "entity": "PurchaseOrder"},
            {"operation": "cancelOrder", "action": "transition", "entity": "PurchaseOrder", "transition": "cancel"},
        ],
        "dependencies": [{"to": following, "operations": ["getNotice"], "timeout": "100ms"}],
    }
    participants = [
        {
            "name": names[part],
            "responsibility": f"Keeps {entity}",
            "entities": [{"name": entity, "fields": [{"name": "order_id", "type": "uuid", "unique": True}, {"name": field, "type": kind}]}],
            "endpoints": [
                {"operation": f"make{entity}", "action": "create", "entity": entity},
                {"operation": f"drop{entity}", "action": "delete", "entity": entity},
            ],
        }
        for part, entity, field, kind in (("stock", "Reservation", "sku", "string"), ("payment", "Payment", "total", "money"))
    ]
    notice = {
        "name": names["notice"],
        "responsibility": "Tells customers",
        "entities": [{"name": "Notice", "fields": [{"name": "order_id", "type": "uuid", "unique": True}]}],
        "endpoints": [{"operation": "getNotice", "action": "get", "entity": "Notice"}],
        "subscriptions": [{"event": f"OrderConfirmed{number}", "action": "create", "entity": "Notice"}],
    }
    payload = [{"name": "order_id", "type": "uuid", "source": "id"}, {"name": "sku", "type": "string"}]
    event = {"name": f"OrderConfirmed{number}", "publisher": names["order"], "payload": payload, "orderingKey": "order_id"}
    into = [{"field": "order_id", "source": "id"}]
    saga = {
        "name": f"PlaceOrder{number}Saga",
        "coordinator": names["order"],
        "entity": "PurchaseOrder",
        "startsWith": "placeOrder",
        "succeedsWith": "confirm",
        "failsWith": "cancel",
        "steps": [
            {"name": "place", "service": names["order"], "operation": "placeOrder", "compensation": "cancelOrder"},
            {"name": "reserve", "service": names["stock"], "operation": "makeReservation", "compensation": "dropReservation", "set": into},
            {"name": "pay", "service": names["payment"], "operation": "makePayment", "pivot": True, "set": into},
        ],
    }
    return [order, *participants, notice], event, saga


def system(language: str) -> Architecture:
    """The whole of it, in one language."""
    groups = [group(number) for number in range(GROUPS)]
    services = [service | {"language": language} for services, _, _ in groups for service in services]
    model = {
        "system": {"name": "retail", "domain": "Retail"},
        "services": services,
        "events": [event for _, event, _ in groups],
        "sagas": [saga for _, _, saga in groups],
    }
    return read_architecture(json.dumps(model))[0]


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_forty_services_with_sagas_are_generated_whole_and_in_time(language: str) -> None:
    architecture = system(language)
    assert (len(architecture.services), len(architecture.orchestrations)) == (4 * GROUPS, GROUPS)
    begun = time.process_time()
    assert not blocks(validate(architecture))
    for service in architecture.services:
        tree = generate_service(architecture, service.name) | for_service(architecture, service)
        assert_parses(tree)
        pacts = {path for path in tree if path.startswith("contracts/pacts/")}
        assert all(f"--{service.name}." in path or f"/{service.name}--" in path for path in pacts)
        assert pacts, service.name
    assert time.process_time() - begun < LIMIT_S


def test_the_documents_of_forty_services_name_each_of_them_and_nothing_twice() -> None:
    architecture = system("python")
    contracts = render(architecture)
    for tree in (contracts, deployment(architecture)):
        assert_parses(tree)
    names = {service.name for service in architecture.services}
    agreed = [path.removeprefix("contracts/pacts/").removesuffix(".json") for path in contracts if "/pacts/" in path]
    assert {name for pair in agreed for name in pair.split("--")} == names
    compose = yaml.safe_load(deployment(architecture)["docker-compose.yml"].text)
    assert names <= set(compose["services"])
    channels = json.loads(contracts["contracts/asyncapi.json"].text)["channels"]
    assert len(channels) == GROUPS * (1 + 5), "an event, and two commands, a compensation and two replies a group"
