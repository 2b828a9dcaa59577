"""Sagas that cannot work: each is named in one finding or fault that says where and why, and generates no broken half of itself."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.codegen.generate import generate_service
from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import blocks, validate

GOOD = Path(__file__).parent / "removed-saga" / "old.yaml"
Model = dict[str, Any]


def shop() -> Model:
    """A saga over stock and payments, coordinated by orders, that nothing is wrong with."""
    found: Model = yaml.safe_load(GOOD.read_text(encoding="utf-8"))
    return found


def read(model: Model) -> Architecture:
    return read_architecture(yaml.safe_dump(model))[0]


def said(model: Model) -> set[tuple[str, str, str]]:
    return {(finding.rule, str(finding.severity), finding.location) for finding in validate(read(model))}


def step(model: Model, place: int) -> Model:
    found: Model = model["sagas"][0]["steps"][place]
    return found


def call(model: Model, caller: int, to: str, operation: str) -> None:
    model["services"][caller].setdefault("dependencies", []).append({"to": to, "operations": [operation], "timeout": "100ms"})


def test_the_good_one_is_good() -> None:
    assert said(shop()) == set()


def test_a_step_that_nothing_undoes_is_an_error_before_the_pivot() -> None:
    model = shop()
    del step(model, 1)["compensation"]
    assert ("saga-step-without-compensation", "error", "/sagas/0/steps/1") in said(model)
    assert blocks(validate(read(model)))


def test_a_saga_without_any_compensation_names_every_step_that_needs_one() -> None:
    model = shop()
    for each in model["sagas"][0]["steps"]:
        each.pop("compensation")
        each.pop("pivot", None)
    steps = {location for rule, severity, location in said(model) if (rule, severity) == ("saga-step-without-compensation", "error")}
    assert steps >= {"/sagas/0/steps/0", "/sagas/0/steps/1"}


def test_participants_that_call_each_other_in_a_circle_are_an_error() -> None:
    model = shop()
    call(model, 1, "payments", "takePayment")
    call(model, 2, "stock", "reserveStock")
    assert ("synchronous-cycle", "error") in {(rule, severity) for rule, severity, _ in said(model)}


def test_a_participant_that_calls_its_coordinator_is_named_with_its_step() -> None:
    model = shop()
    call(model, 2, "orders", "placePurchase")
    assert ("saga-cycle", "warning", "/sagas/0/steps/2") in said(model)


def test_an_event_that_a_saga_s_end_tells_nobody_is_named() -> None:
    model = shop()
    model["events"] = [{"name": "PurchaseConfirmed", "publisher": "orders", "payload": [{"name": "purchase_id", "type": "uuid"}]}]
    model["services"][0]["entities"][0]["lifecycle"]["transitions"][0]["publishes"] = ["PurchaseConfirmed"]
    assert ("unconsumed-event", "/events/0") in {(rule, location) for rule, _, location in said(model)}


def test_a_step_that_does_nothing_is_an_error() -> None:
    model = shop()
    for key in ("operation", "compensation"):
        del step(model, 1)[key]
    assert ("saga-step-without-action", "error", "/sagas/0/steps/1") in said(model)


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("key", ["operation", "compensation"])
def test_a_step_that_names_no_operation_there_is_a_fault_of_the_document(place: int, key: str) -> None:
    model = shop()
    step(model, place)[key] = "doSomething"
    with pytest.raises(DocumentError, match=rf"/sagas/0/steps/{place}/{key}: there is no operation"):
        read(model)


def test_a_step_that_only_reads_leaves_the_saga_incomplete_and_no_coordinator_is_generated() -> None:
    model = shop()
    model["services"][1]["endpoints"].append({"operation": "getStock", "action": "get", "entity": "Reservation"})
    step(model, 1)["operation"] = "getStock"
    found = read(model)
    assert ("incomplete-orchestration", "warning", "/sagas/0/steps/1/operation") in said(model)
    assert not found.orchestrations
    assert not [path for path in generate_service(found, "orders") if "saga" in path]


@pytest.mark.parametrize("wrong", [{"entity": "Nothing"}, {"startsWith": "nothing"}, {"succeedsWith": "nothing"}, {"failsWith": "nothing"}])
def test_a_saga_that_names_what_its_coordinator_does_not_have_is_a_fault_of_the_document(wrong: Model) -> None:
    model = deepcopy(shop())
    model["sagas"][0] |= wrong
    with pytest.raises(DocumentError, match="/sagas/0/"):
        read(model)
