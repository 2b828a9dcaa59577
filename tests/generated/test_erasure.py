"""An erasure asked for where a person is known reaches every service that keeps something of the person, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.generated.architectures import in_languages, own_name, read_case
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.orders import END_LIMIT_S, steps_of
from tests.generated.processes import until
from tests.generated.systems import PAIRS, deployed_system, read
from tests.generated.target import EVENT_LIMIT_S, Target

pytestmark = pytest.mark.slow

Shop = dict[str, Target]
STEPS = ("erase_customer", "erase_bookings", "erase_contact")


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def shop(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Who knows the customers in one language, who keeps their bookings in the other."""
    coordinator, participant = request.param
    architecture = in_languages(read_case("erasure", system=own_name("erasure")), {"customer": coordinator, "booking": participant})
    with deployed_system(architecture, toolchains, issuer, tmp_path_factory.mktemp("erasure")) as found:
        yield found


@pytest.fixture(autouse=True)
def _all_run(shop: Shop) -> None:
    for each in shop.values():
        if not each.running.is_alive:
            each.running.start()


def register(shop: Shop, name: str) -> str:
    """A customer with two bookings; their id, once the contact has come over."""
    customer, booking = shop["customer"], shop["booking"]
    body = {
        "full_name": f"{name} Lovelace",
        "contact_email": f"{name}@example.com",
        "born_on": "1985-12-10",
        "nickname": f"{name}-nick",
        "language": "english",
    }
    who = str(_create(customer, "registerCustomer", body)["id"])
    for nights in (1, 2):
        stay = {"customer_id": who, "guest": f"{name} Lovelace", "phone": "+4917012345", "wishes": f"{name} wishes", "nights": nights}
        _create(booking, "makeBooking", stay | {"invoice_name": f"{name.upper()} INVOICED"})
    until(lambda: len(_contacts(shop, who)) == 1, EVENT_LIMIT_S, "for the contact")
    for each in shop.values():
        until(lambda each=each: each.database.pending_events() == 0, EVENT_LIMIT_S, "for the outbox to empty")
    return who


def ask(shop: Shop, who: str) -> str:
    """Ask for an erasure; the id of the request."""
    return str(_create(shop["customer"], "requestErasure", {"customer_id": who})["id"])


def run_of(shop: Shop, request: str) -> dict[str, Any]:
    caller = shop["customer"].caller("sagas:read sagas:operate")
    (found,) = caller.get(f"/sagas?entity_id={request}").json
    view: dict[str, Any] = caller.get(f"/sagas/{found['id']}").json
    return view


def completed(shop: Shop, request: str) -> dict[str, Any]:
    until(lambda: read(shop["customer"], "getErasure", request)["status"] == "completed", END_LIMIT_S, f"for {request} to be completed")
    return run_of(shop, request)


def dump(target: Target) -> str:
    """Everything that a service keeps, as text: each row of each table, and what is in bytes made readable."""
    tables = target.database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    found = [row[0] for (table,) in tables for row in target.database.rows(f'SELECT each::text FROM "{table}" AS each')]
    found += [row[0] for row in target.database.rows("SELECT encode(envelope, 'escape') FROM outbox_messages")]
    return "\n".join(found)


def found_in(shop: Shop, *words: str) -> set[tuple[str, str]]:
    return {(service, word) for service, target in shop.items() for word in words if word in dump(target)}


def test_everything_that_tells_of_a_person_is_gone_and_others_are_untouched(shop: Shop) -> None:
    ada, bea = register(shop, "ada"), register(shop, "bea")
    assert found_in(shop, "ada Lovelace", "ada@example.com", "ada-nick", "ada wishes") == {
        ("customer", "ada Lovelace"),
        ("customer", "ada@example.com"),
        ("customer", "ada-nick"),
        ("booking", "ada Lovelace"),
        ("booking", "ada@example.com"),
        ("booking", "ada wishes"),
    }
    view = completed(shop, ask(shop, ada))
    assert view["state"] == "completed"
    assert steps_of(view) == [
        (None, "started"),
        *((step, what) for step in STEPS for what in ("asked", "done")),
        (None, "completed"),
    ]
    assert found_in(shop, "ada Lovelace", "ada@example.com", "ada-nick", "ada wishes") == set()
    assert found_in(shop, "ADA INVOICED") == {("booking", "ADA INVOICED")}, "a law keeps it"
    assert shop["booking"].database.rows("SELECT sum(nights) FROM bookings WHERE customer_id::text = $1", ada) == [(3,)], "rows stay"
    assert read(shop["customer"], "getCustomer", bea)["full_name"] == "bea Lovelace"
    assert found_in(shop, "bea Lovelace") == {("customer", "bea Lovelace"), ("booking", "bea Lovelace")}
    blank = read(shop["customer"], "getCustomer", ada)
    assert (blank["full_name"], blank["contact_email"], blank["nickname"]) == ("erased", f"{ada}@erased.invalid", None)
    assert blank["version"] == 2


def test_a_participant_that_is_killed_in_the_middle_erases_once_it_runs_again(shop: Shop) -> None:
    cleo = register(shop, "cleo")
    shop["booking"].running.kill()
    request = ask(shop, cleo)
    until(lambda: ("erase_bookings", "asked") in steps_of(run_of(shop, request)), END_LIMIT_S, "for the second step")
    assert found_in(shop, "cleo Lovelace", "cleo@example.com") == {("booking", "cleo Lovelace"), ("booking", "cleo@example.com")}
    run = run_of(shop, request)
    refused = shop["customer"].caller("sagas:read sagas:operate").send("POST", f"/sagas/{run['id']}/abort", {"reason": "a second thought"})
    assert refused.status == 409, "there is no way back from an erasure"
    shop["booking"].running.start()
    assert completed(shop, request)["state"] == "completed"
    assert found_in(shop, "cleo Lovelace", "cleo@example.com", "cleo-nick", "cleo wishes") == set()


def test_an_erasure_may_be_asked_for_twice_and_for_nobody(shop: Shop) -> None:
    dora = register(shop, "dora")
    for request in (ask(shop, dora), ask(shop, dora), ask(shop, "01890a5d-ac96-774b-bcce-b302099a8057")):
        assert completed(shop, request)["state"] == "completed"
    assert found_in(shop, "dora Lovelace", "dora@example.com") == set()


def test_only_who_may_erase_can_ask_for_it(shop: Shop) -> None:
    target = shop["customer"]
    operation = _operation(target, "requestErasure")
    answer = target.caller("").change("POST", operation.path, {"customer_id": "01890a5d-ac96-774b-bcce-b302099a8057"})
    assert answer.status == 403


def _create(target: Target, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = target.create(_operation(target, operation), body=body).json
    return made


def _operation(target: Target, name: str) -> Any:
    return next(each for each in target.operations if each.id == name)


def _contacts(shop: Shop, who: str) -> list[tuple[Any, ...]]:
    return shop["booking"].database.rows("SELECT 1 FROM contacts WHERE customer_id::text = $1", who)
