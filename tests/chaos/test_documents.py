"""The plan and the scenario of a proof by faults: read together, refused with a way to mend them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generated.architectures import on_broker, read_case, read_example

from microservices_skill.app.proving import chaos
from microservices_skill.chaos.documents import read
from microservices_skill.chaos.errors import UnobservedBrokerError
from microservices_skill.chaos.options import Options
from microservices_skill.deployment.chaos import PLAN, SCENARIO, plan, render
from microservices_skill.deployment.render import render as deployment
from microservices_skill.errors import SkillError
from microservices_skill.model.system import BrokerKind

BODY = {"customer": "ada@example.com"}
START = "sagas:\n  - {name: PlaceOrderSaga, requests: [{body: {}}]}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The proof of the orders case, as it is generated."""
    for path, file in render(read_case("orders"), {}, {"PlaceOrderSaga": BODY}).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(file.text, encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> None:
    """A scenario of a person."""
    head = "apiVersion: microservices-skill/v1\nkind: ChaosScenario\n"
    (folder / SCENARIO).write_text(head + text, encoding="utf-8")


def test_what_is_generated_can_be_read(folder: Path) -> None:
    found, scenario = read(folder)
    assert found == plan(read_case("orders"))
    assert [each.body for each in scenario.sagas[0].requests] == [BODY]


def test_the_scenario_is_left_to_people_and_the_plan_is_not() -> None:
    files = render(read_case("orders"), {}, {"PlaceOrderSaga": BODY})
    assert {path: file.owned for path, file in files.items()} == {PLAN: True, SCENARIO: False}


def test_a_system_without_a_saga_that_runs_has_no_proof_and_says_so(tmp_path: Path) -> None:
    assert not render(read_example("fleet"), {}, {})
    with pytest.raises(SkillError, match=r"plan\.yaml: there is no such file; it is generated for systems with a saga that runs"):
        read(tmp_path)


def test_the_plan_knows_what_each_end_of_a_saga_leaves() -> None:
    [saga] = plan(read_case("orders")).sagas
    assert (saga.path, saga.table, saga.succeeded, saga.failed) == ("/v1/orders", "orders", "confirmed", "cancelled")
    stock, payment = saga.steps
    assert (stock.table, stock.reference, stock.succeeded, stock.failed) == ("reservations", "order_id", ("held",), ("released",))
    assert (payment.table, payment.reference, payment.succeeded, payment.failed) == ("payments", "order_id", ("captured",), ("voided",))
    assert [(each.column, each.source) for each in payment.copies] == [
        ("amount_minor_units", "total_minor_units"),
        ("amount_currency", "total_currency"),
    ]


def test_the_plan_knows_which_rows_events_make() -> None:
    [notices] = plan(read_example("shop")).reactions
    assert (notices.service, notices.table, notices.column) == ("notification", "customer_notices", "order_id")
    assert {each.event: each.field for each in notices.causes} == {
        "shop.OrderCancelled.v1": "order_id",
        "shop.OrderConfirmed.v1": "order_id",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{START}\n  - {{name: NoSuchSaga, requests: [{{body: {{}}}}]}}", "no saga 'NoSuchSaga'; it has PlaceOrderSaga"),
        ("sagas: []", "nothing starts PlaceOrderSaga; add it to sagas"),
        ("sagas: [{name: PlaceOrderSaga, requests: []}]", "scenario.yaml:3:32 /sagas/0/requests: "),
        (f"setup: [{{service: nobody, path: /v1, body: {{}}}}]\n{START}", "no service 'nobody'; it has order"),
        (f"externals: [{{name: bank, command: x}}]\n{START}", "no dependency outside 'bank'; it has none"),
        (f"{START}\ninvariants: [{{name: a, sum: [{{service: order}}]}}]", "a term has service and sql"),
        ("sagas: [{name: PlaceOrderSaga, requests: [{body: {}, wieght: 2}]}]", "did you mean 'weight'?"),
    ],
)
def test_a_scenario_that_fits_nothing_is_refused_with_its_place(folder: Path, text: str, said: str) -> None:
    write(folder, text + "\n")
    with pytest.raises(SkillError) as refused:
        read(folder)
    assert said in str(refused.value)


def test_a_choreographed_saga_is_checked_by_what_its_reactions_leave() -> None:
    found = plan(read_case("choreographed"))
    [saga] = found.sagas
    assert (saga.service, saga.table, saga.succeeded, saga.failed) == ("order", "orders", "confirmed", "cancelled")
    assert [(each.service, each.table, each.reference, each.succeeded, each.failed) for each in saga.steps] == [
        ("stock", "reservations", "order_id", ("held",), ("released",)),
        ("payment", "payments", "order_id", ("captured",), ("declined", "voided")),
    ]
    assert found.reactions == ()


def test_a_broker_that_the_proof_does_not_look_into_is_refused_by_name(tmp_path: Path) -> None:
    architecture = on_broker(read_case("orders"), BrokerKind.KAFKA)
    for path, file in [*render(architecture, {}, {"PlaceOrderSaga": BODY}).items(), *deployment(architecture).items()]:
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(file.text, encoding="utf-8")

    for each in architecture.services:
        (tmp_path / "services" / each.name).mkdir(parents=True)

    class Nobody:
        def step(self, service: str, text: str) -> None:
            raise AssertionError(service, text)

    with pytest.raises(UnobservedBrokerError, match=r"over kafka .* it does for rabbitmq and nats"):
        chaos(tmp_path, Nobody(), Options())
