"""What fills a view, which states of its origins say that it has been told, and what in a view cannot be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.contracts import openapi
from microservices_skill.diagrams.render import diagrams
from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.projection import origins_of
from microservices_skill.rules.engine import validate

CASE = Path(__file__).parents[1] / "generated" / "cases" / "views.yaml"
Document = dict[str, Any]


def views() -> Document:
    """The document of the case, to be changed."""
    document: Document = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    return document


def read(document: Document) -> Architecture:
    """The document as an architecture."""
    return read_architecture(yaml.safe_dump(document, sort_keys=False))[0]


def history(document: Document) -> Document:
    """The view of the case."""
    view: Document = document["services"][2]["views"][0]
    return view


def event(document: Document, name: str) -> Document:
    """An event of the case."""
    found: Document = next(each for each in document["events"] if each["name"] == name)
    return found


def test_an_origin_gathers_the_events_of_one_entity_and_the_operation_that_lists_it() -> None:
    architecture = read(views())
    reader = architecture.services_by_name["history"]
    found = origins_of(architecture, reader, reader.views[0])
    assert [(each.publisher.name, each.entity.name, each.into, each.key_attribute, each.is_root) for each in found] == [
        ("order", "PurchaseOrder", None, "id", True),
        ("payment", "Invoice", None, "order_id", False),
        ("payment", "Payment", "payments", "order_id", False),
    ]
    assert [each.reading.id for each in found if each.reading is not None] == ["listOrders", "listInvoices", "listPayments"]
    assert {(value.target, value.attribute) for value in found[1].values} == {("invoice_number", "serial")}


def test_a_snapshot_tells_only_in_the_states_in_which_an_event_has() -> None:
    architecture = read(views())
    reader = architecture.services_by_name["history"]
    orders, _, payments = origins_of(architecture, reader, reader.views[0])
    assert {value.states for value in orders.values} == {None}
    assert {value.states for value in payments.values} == {("captured", "refunded")}


def test_what_a_transition_takes_away_is_gone_in_the_states_behind_it() -> None:
    document = views()
    sources = history(document)["sources"]
    next(each for each in sources if each["event"] == "OrderCancelled")["action"] = "delete"
    architecture = read(document)
    reader = architecture.services_by_name["history"]
    assert [each.gone for each in origins_of(architecture, reader, reader.views[0])] == [("cancelled",), (), ()]


def test_a_view_is_in_the_contract_the_documents_and_the_routing() -> None:
    architecture = read(views())
    reader = architecture.services_by_name["history"]
    found = openapi.document(architecture, reader)
    row = found["components"]["schemas"]["OrderHistoryResponse"]
    assert {"order_id", "payments", "as_of"} <= set(row["required"])
    assert "version" not in row["properties"]
    assert found["paths"]["/v1/order-histories/{order_id}"]["get"]["responses"]["200"].get("headers") is None
    assert architecture.subscribers("PaymentRefunded") == ("history",)
    assert "OrderHistory {" in diagrams(architecture)["data-history"]


def test_a_response_of_a_view_may_not_lose_a_field() -> None:
    document = views()
    kept = history(document)["fields"]
    history(document)["fields"] = [each for each in kept if each["name"] != "note"]
    history(document)["sources"][1]["set"] = [{"field": "status", "source": "status"}]
    history(document)["sources"] = [each for each in history(document)["sources"] if each["event"] != "OrderChanged"]
    found = validate(read(document), previous=read(views()))
    assert "/services/2/views/0/fields" in {each.location for each in found if each.rule == "breaking-response-change"}


FAULTS = {
    "unknown event": (lambda d: history(d)["sources"][0].update(event="OrderLost"), "/services/2/views/0/sources/0/event", "no event"),
    "unknown key": (lambda d: history(d)["sources"][0].update(key="total"), "/services/2/views/0/sources/0", "no required uuid"),
    "unknown target": (
        lambda d: history(d)["sources"][5].update(set=[{"field": "invoice", "source": "serial"}]),
        "/services/2/views/0/sources/5/set/0/field",
        "no 'invoice'",
    ),
    "unknown value": (
        lambda d: history(d)["sources"][5].update(set=[{"field": "invoice_number", "source": "number"}]),
        "/services/2/views/0/sources/5/set/0/source",
        "no field 'number'",
    ),
    "no list": (lambda d: history(d)["sources"][7].update(into="note"), "/services/2/views/0/sources/7/into", "no list of objects"),
    "many for one row": (
        lambda d: d["services"][1]["entities"][1]["fields"][0].pop("unique"),
        "/services/2/views/0/sources/5",
        "use into",
    ),
    "a key that may change": (
        lambda d: d["services"][1]["entities"][0]["fields"][0].pop("immutable"),
        "/services/2/views/0/sources/7",
        "make that field immutable",
    ),
    "no id": (
        lambda d: event(d, "InvoiceIssued")["payload"].pop(0) and event(d, "InvoiceIssued").pop("orderingKey"),
        "/services/2/views/0/sources/5",
        "does not carry the id",
    ),
    "two owners": (
        lambda d: history(d)["sources"][5].update(set=[{"field": "note", "source": "serial"}]),
        "/services/2/views/0/sources/5",
        "let one entity's field fill it",
    ),
    "an event of nothing": (
        lambda d: next(e for e in d["services"][1]["endpoints"] if e["operation"] == "issueInvoice").update(publishes=[]),
        "/services/2/views/0/sources/5/event",
        "tells of no entity",
    ),
    "a view that is written": (
        lambda d: d["services"][2]["endpoints"].append({"operation": "forgetHistory", "action": "delete", "entity": "OrderHistory"}),
        "/services/2/endpoints/2/action",
        "only get and list",
    ),
    "a view that nobody reads": (lambda d: d["services"][2].update(endpoints=[]), "/services/2/views/0", "no endpoint reads"),
    "an entity of its own": (
        lambda d: d["services"][1]["views"][0]["sources"].append(
            {"event": "InvoiceIssued", "set": [{"field": "status", "source": "serial"}]}
        ),
        "/services/1/views/0/sources/4/event",
        "query Invoice directly",
    ),
    "a unique field": (lambda d: history(d)["fields"][0].update(unique=True), "/services/2/views/0/fields/0/unique", "remove unique"),
    "a column that every row has": (lambda d: history(d)["fields"][0].update(name="as_of"), "/services/2/views/0", "as_of"),
}


@pytest.mark.parametrize("change", FAULTS)
def test_what_cannot_be_meant_is_refused_where_it_stands(change: str) -> None:
    edit, at, words = FAULTS[change]
    document = views()
    edit(document)
    with pytest.raises(DocumentError) as refused:
        read(document)
    assert any(problem.pointer.startswith(at) and words in problem.message for problem in refused.value.problems), refused.value
