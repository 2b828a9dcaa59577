"""Two versions of an orchestrated saga: whether the newer one can end the runs that the older one has begun."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.catalogue import RULES
from microservices_skill.rules.engine import validate
from microservices_skill.rules.findings import Finding

OLD = Path(__file__).parent / "removed-saga" / "old.yaml"
COMPARING = {rule.id for rule in RULES if rule.compares}
RESERVE, TAKE = 1, 2
Model = dict[str, Any]


def shop() -> Model:
    """A saga over stock and payments, coordinated by orders."""
    found: Model = yaml.safe_load(OLD.read_text(encoding="utf-8"))
    return found


def steps(model: Model) -> list[Model]:
    """The steps of its saga; the first one is the coordinator's own."""
    found: list[Model] = model["sagas"][0]["steps"]
    return found


def against(old: Model, new: Model) -> list[Finding]:
    before, now = (read_architecture(yaml.safe_dump(model))[0] for model in (old, new))
    return [finding for finding in validate(now, previous=before) if finding.rule in COMPARING]


def said(old: Model, new: Model) -> list[tuple[str, str, str]]:
    return [(finding.rule, str(finding.severity), finding.location) for finding in against(old, new)]


@pytest.mark.parametrize(
    ("key", "value"),
    [("timeout", "9s"), ("retriable", True), ("compensation", "cancelReservation")],
)
def test_what_an_open_run_does_not_depend_on_may_change(key: str, value: object) -> None:
    old = shop()
    old["services"][1]["endpoints"].append(
        {"operation": "cancelReservation", "action": "delete", "entity": "Reservation", "path": "/v1/x/{reservation_id}"}
    )
    new = deepcopy(old)
    steps(new)[RESERVE][key] = value
    assert said(old, new) == []


def test_a_pivot_that_is_named_where_it_was_by_default_has_not_moved() -> None:
    old, new = shop(), shop()
    del steps(old)[TAKE]["pivot"]
    assert said(old, new) == []


def test_a_step_behind_which_others_need_what_it_makes_is_an_error_to_insert() -> None:
    old, new = shop(), shop()
    for model in (old, new):
        model["services"][1]["entities"][0]["lifecycle"] = {
            "initial": "held",
            "states": ["held", "sent"],
            "transitions": [{"name": "send", "from": ["held"], "to": "sent"}],
        }
        model["services"][1]["endpoints"].append(
            {"operation": "sendStock", "action": "transition", "entity": "Reservation", "transition": "send"}
        )
        match = {"field": "id", "source": "id"} if model is old else None
        steps(model).append(
            {"name": "send", "service": "stock", "operation": "sendStock", "timeout": "1s", **({"match": match} if match else {})}
        )
    del steps(old)[RESERVE]
    found = [finding for finding in against(old, new) if finding.rule == "inserted-saga-step"]
    assert [(str(finding.severity), finding.location) for finding in found] == [("error", "/sagas/0/steps/1")]
    assert "deploy stock first, and send of a run that has passed it needs what it makes" in found[0].message


def test_a_step_that_another_service_carries_out_is_another_step_under_its_name() -> None:
    new = shop()
    steps(new)[RESERVE] |= {"service": "payments", "operation": "takePayment", "compensation": "dropPayment"}
    [found] = against(shop(), new)
    assert (found.rule, found.location) == ("removed-saga-step", "/sagas/0/steps/1")
    assert found.message == "reserve of Checkout is takePayment of payments, was reserveStock of stock: another step under its name"


def test_a_saga_that_is_no_longer_complete_is_run_by_nobody() -> None:
    new = shop()
    del new["sagas"][0]["succeedsWith"]
    [found] = [finding for finding in against(shop(), new) if finding.rule == "removed-saga"]
    assert (found.location, found.message) == ("/sagas/0", "Checkout is no longer described completely")


def test_a_saga_that_moves_to_another_coordinator_leaves_its_open_runs_behind() -> None:
    new = shop()
    new["sagas"][0] |= {"coordinator": "stock", "entity": "Reservation"}
    for key in ("startsWith", "succeedsWith", "failsWith"):
        del new["sagas"][0][key]
    [found] = [finding for finding in against(shop(), new) if finding.rule == "removed-saga"]
    assert found.message == "Checkout is run by stock for Reservation, was by orders for Purchase"


def test_a_message_that_keeps_its_fields_but_not_the_fields_within_is_found() -> None:
    old = shop()
    value = {"name": "Place", "fields": [{"name": "street", "type": "string"}, {"name": "town", "type": "string"}]}
    for service, entity in ((0, "Purchase"), (1, "Reservation")):
        old["services"][service]["valueTypes"] = [deepcopy(value)]
        old["services"][service]["entities"][0]["fields"].append({"name": "goes_to", "type": "object", "object": "Place"})
        assert old["services"][service]["entities"][0]["name"] == entity
    new = deepcopy(old)
    for service in (0, 1):
        del new["services"][service]["valueTypes"][0]["fields"][1]
    found = [finding for finding in against(old, new) if finding.rule == "breaking-saga-message"]
    assert [finding.message for finding in found] == ["CheckoutReserveCommand: goes_to.town is gone; stock carries it out"]


def test_a_command_is_no_call_so_its_coordinator_minds_only_what_the_request_refuses() -> None:
    old, new = shop(), shop()
    reserve = new["services"][1]["endpoints"][0]
    reserve |= {"path": "/v1/kept-stock", "scope": "stock:write"}
    assert {(rule, severity) for rule, severity, _ in said(old, new)} == {("moved-endpoint", "warning"), ("new-scope-needed", "warning")}
    narrower = shop()
    narrower["services"][1]["entities"][0]["fields"][0]["maximum"] = 9
    found = [finding for finding in against(old, narrower) if finding.rule == "tightened-request"]
    assert [(str(finding.severity), finding.message.rpartition("; ")[2]) for finding in found] == [("error", "used by orders")]
