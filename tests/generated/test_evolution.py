"""A model that changes: both versions of a service run side by side on one database, then what the older one needs goes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.evolution.strategies import schemas
from tests.generated.architectures import LANGUAGES, changed, in_language, read_example, write_tree
from tests.generated.evolving import MODEL, Evolving, catalogue, check_models, downgrade
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Caller, Running
from tests.generated.servers import new_database

from microservices_skill.codegen.generate import generate_service
from microservices_skill.evolution.errors import EvolutionError
from microservices_skill.evolution.history import first, grown
from microservices_skill.evolution.schema import Schema
from microservices_skill.evolution.spelling import Driver
from microservices_skill.evolution.statements import script
from microservices_skill.evolution.tables import schema_of
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow
CONNECTIONS = 12
"""More than the pool of a service has."""
FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))

SECOND = (
    MODEL.replace("{name: note, type: string, maxLength: 100}", "{name: remark, formerly: note, type: string, maxLength: 100}")
    .replace(
        "{name: quantity, type: integer, minimum: 1, maximum: 1000000}",
        "{name: amount, formerly: quantity, type: decimal, precision: 21, scale: 2, minimum: 1}",
    )
    .replace("{name: colour, type: string, maxLength: 20, required: false}", "{name: colour, type: string, maxLength: 60}")
    .replace(
        "{name: channel, type: string, maxLength: 20}",
        "{name: gift, type: boolean}\n          - {name: voucher, type: string, maxLength: 30, unique: true, required: false}",
    )
    .replace("- name: Visit\n", "- name: PageView\n        formerly: Visit\n")
    .replace("entity: Visit", "entity: PageView")
    .replace(
        "    endpoints:\n      - {operation: createCustomer",
        "      - name: Coupon\n        fields:\n          - {name: order_id, type: uuid, references: PurchaseOrder}\n"
        "    endpoints:\n      - {operation: createCoupon, action: create, entity: Coupon}\n"
        "      - {operation: listCoupons, action: list, entity: Coupon}\n      - {operation: createCustomer",
    )
)
THIRD = SECOND.replace("formerly: note, ", "").replace("formerly: quantity, ", "").replace("        formerly: Visit\n", "")


@pytest.fixture(params=LANGUAGES)
def evolving(request: pytest.FixtureRequest, tmp_path: Path, toolchains: Toolchains) -> Evolving:
    language: Language = request.param
    return Evolving(tmp_path, toolchains[language], language)


def asked(ask: Callable[[], Answer]) -> Answer:
    """An answer, asked for again as callers do: each connection prepares its statements anew once after a migration."""
    for _ in range(CONNECTIONS):
        answer = ask()
        if answer.status != 503:
            return answer
    return answer


def made(running: Running, path: str, **body: Any) -> str:
    key = str(uuid4())
    answer = asked(lambda: Caller(running).change("POST", path, body, Idempotency_Key=key))
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def read(running: Running, path: str) -> Answer:
    answer = asked(lambda: Caller(running).get(path))
    assert answer.status == 200, answer.text + running.log[-2000:]
    return answer


def found(running: Running, path: str) -> dict[str, Any]:
    return dict(read(running, path).json)


def change(running: Running, identity: str, **body: Any) -> None:
    path, key = f"/v1/orders/{identity}", str(uuid4())
    now = read(running, path)
    kept = {name: value for name, value in now.json.items() if name not in ("id", "version", "created_at", "updated_at")}
    etag = now.headers["ETag"]
    answer = asked(lambda: Caller(running).change("PUT", path, kept | body, If_Match=etag, Idempotency_Key=key))
    assert answer.status == 200, answer.text


def order(customer: str, **fields: Any) -> dict[str, Any]:
    return {"customer_id": customer, "total": {"minor_units": 500, "currency": "EUR"}, **fields}


def subset(wanted: dict[str, Any], answer: dict[str, Any]) -> bool:
    assert {name: answer.get(name) for name in wanted} == wanted
    return True


def test_two_versions_write_and_read_one_database_and_then_the_older_one_goes(evolving: Evolving) -> None:  # noqa: PLR0915 - one story
    with ExitStack() as stack:
        database, fresh = stack.enter_context(new_database()), stack.enter_context(new_database())
        evolving.generate(MODEL)
        initial = evolving.first_migration
        old = evolving.built(DATABASE_URL=database.url)
        stack.callback(old.end)
        old.migrate().start()
        customer = made(old, "/v1/customers", handle="ada")
        before = made(old, "/v1/orders", **order(customer, note="first", quantity=3, channel="shop"))
        visited = made(old, "/v1/visits", page="/home")
        subset({"note": "first", "quantity": 3}, found(old, f"/v1/orders/{before}"))

        writing = evolving.generate(SECOND)
        assert (len(writing.migrations), evolving.first_migration) == (1, initial)
        assert evolving.generate(SECOND).migrations == ()
        new = evolving.built(DATABASE_URL=database.url)
        stack.callback(new.end)
        new.migrate().start()
        check_models(new)

        subset({"note": "first", "quantity": 3}, found(old, f"/v1/orders/{before}"))
        subset({"remark": "first", "amount": "3.00", "colour": "", "gift": False, "voucher": None}, found(new, f"/v1/orders/{before}"))
        assert found(new, f"/v1/page-views/{visited}")["page"] == "/home"
        theirs = made(old, "/v1/orders", **order(customer, note="theirs", quantity=7, channel="web"))
        ours = made(new, "/v1/orders", **order(customer, remark="ours", amount="2.50", colour="red", gift=True))
        subset({"remark": "theirs", "amount": "7.00", "colour": "", "gift": False}, found(new, f"/v1/orders/{theirs}"))
        subset({"note": "ours", "quantity": 3, "channel": ""}, found(old, f"/v1/orders/{ours}"))
        change(old, ours, note="changed by the old", quantity=9)
        subset({"remark": "changed by the old", "amount": "9.00", "gift": True}, found(new, f"/v1/orders/{ours}"))
        change(new, theirs, remark="changed by the new", amount="4.00")
        subset({"note": "changed by the new", "quantity": 4, "channel": "web"}, found(old, f"/v1/orders/{theirs}"))
        seen = made(new, "/v1/page-views", page="/new")
        again = made(old, "/v1/visits", page="/old")
        assert found(old, f"/v1/visits/{seen}")["page"] == "/new"
        assert found(new, f"/v1/page-views/{again}")["page"] == "/old"
        made(new, "/v1/coupons", order_id=theirs)

        old.stop()
        assert evolving.generate(THIRD).migrations == ()
        assert "DESTRUCTIVE: loses orders.channel" in evolving.generate(THIRD, allow_destructive=True).migrations[0]
        last = evolving.built(DATABASE_URL=database.url)
        stack.callback(last.end)
        new.stop()
        last.migrate().start()
        check_models(last)
        subset({"remark": "changed by the new", "amount": "4.00"}, found(last, f"/v1/orders/{theirs}"))
        made(last, "/v1/orders", **order(customer, remark="last", amount="1.00", colour="a colour of many words", gift=False, voucher="A1"))
        last.stop()

        other = Evolving(evolving.root / "fresh", evolving.toolchain, evolving.language)
        other.root.mkdir()
        other.generate(THIRD)
        other.built(DATABASE_URL=fresh.url).migrate()
        assert catalogue(database) == catalogue(fresh)
        downgrade(last)
        assert database.rows("SELECT relname FROM pg_class WHERE relname IN ('orders', 'visits', 'page_views', 'coupons')") == []
        last.migrate()
        assert catalogue(database) == catalogue(fresh)
        check_models(last)


def test_a_file_goes_through_the_same_changes(evolving: Evolving) -> None:
    url = f"sqlite:///{evolving.root}/order.db"
    with ExitStack() as stack:

        def run() -> Running:
            running = evolving.built(DATABASE_URL=url)
            stack.callback(running.end)
            return running.migrate().start()

        evolving.generate(MODEL)
        old = run()
        customer = made(old, "/v1/customers", handle="ada")
        before = made(old, "/v1/orders", **order(customer, note="first", quantity=3, channel="shop"))
        visited = made(old, "/v1/visits", page="/home")
        old.stop()

        evolving.generate(SECOND)
        new = run()
        check_models(new)
        subset({"remark": "first", "amount": "3.00", "colour": "", "gift": False, "voucher": None}, found(new, f"/v1/orders/{before}"))
        assert found(new, f"/v1/page-views/{visited}")["page"] == "/home"
        made(new, "/v1/orders", **order(customer, remark="ours", amount="2.50", colour="red", gift=True))
        made(new, "/v1/coupons", order_id=before)
        new.stop()

        evolving.generate(THIRD, allow_destructive=True)
        last = run()
        check_models(last)
        subset({"remark": "first", "amount": "3.00"}, found(last, f"/v1/orders/{before}"))
        last.stop()
        downgrade(last)
        last.migrate().start()
        check_models(last)
        customer = made(last, "/v1/customers", handle="ada")
        made(last, "/v1/orders", **order(customer, remark="again", amount="1.00", colour="red", gift=False))
        last.stop()


@FEW
@given(models=st.lists(schemas(), min_size=2, max_size=2), driver=st.sampled_from(Driver), destructive=st.booleans())
def test_any_change_runs_on_postgresql_twice_over_and_down_and_up(models: list[Schema], driver: Driver, *, destructive: bool) -> None:
    history = first(models[0])
    try:
        history = grown(history, models[1], destructive=destructive)
    except EvolutionError:
        assume(False)
    for _ in range(2):
        history = grown(history, models[1], destructive=True)
    scripts = [script(each, before, driver) for each, before in zip(history.migrations, history.schemas, strict=False)]
    with new_database() as database, new_database() as fresh:
        empty = catalogue(database)
        for each in scripts:
            database.run(*each.postgresql.up, *each.postgresql.up)
        fresh.run(*script(first(models[1]).migrations[0], Schema(), driver).postgresql.up)
        assert catalogue(database) == catalogue(fresh)
        for each in reversed(scripts):
            database.run(*each.postgresql.down)
        assert catalogue(database) == empty
        for each in scripts:
            database.run(*each.postgresql.up)
        assert catalogue(database) == catalogue(fresh)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_that_comes_to_coordinate_a_saga_gets_its_tables(language: Language, tmp_path: Path, toolchains: Toolchains) -> None:
    whole = in_language(read_example("shop"), language)
    before = schema_of(changed(whole, sagas=()), whole.services_by_name["order"])
    begun = first(schema_of(whole, whole.services_by_name["order"]))
    grew = grown(first(before), begun.schema_now)
    assert [each.op for each in grew.migrations[1].operations] == ["create_table", "create_table"]
    with new_database() as database, new_database() as fresh:
        for name, history, target in (("grown", grew, database), ("fresh", begun, fresh)):
            folder = write_tree(generate_service(whole, "order", history), tmp_path / name)
            toolchains[language].prepare(folder)
            running = Running(toolchains[language], folder, {"DATABASE_URL": target.url}).migrate()
            check_models(running)
        assert catalogue(database) == catalogue(fresh)
