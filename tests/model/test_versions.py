"""An event in several versions: what is wrong with one, where the fields of an older one come from, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.codegen.views.brokers import routes_of
from microservices_skill.codegen.views.shared import newer_types, retired_types
from microservices_skill.codegen.views.versions import upcasts_of
from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import validate

CASE = Path(__file__).parents[1] / "generated" / "cases" / "versions.yaml"
Document = dict[str, Any]


def versions() -> Document:
    """The document of the case, to be changed."""
    document: Document = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    return document


def read(document: Document) -> Architecture:
    """The document as an architecture."""
    return read_architecture(yaml.safe_dump(document, sort_keys=False))[0]


def with_third() -> Document:
    """The case with a third version, which renames another field and narrows one."""
    document = versions()
    newest = yaml.safe_load(yaml.safe_dump(document["events"][1])) | {"version": 3}
    newest["payload"][1] = {"name": "total", "type": "integer", "minimum": 0, "maximum": 100}
    newest["payload"][3] = {"name": "memo", "formerly": "note", "source": "note", "type": "string", "maxLength": 100, "required": False}
    document["events"].append(newest)
    document["services"][1]["subscriptions"][0]["set"] = [{"field": "note", "source": "memo"}]
    return document


def test_the_case_has_no_error() -> None:
    assert [finding.rule for finding in validate(read(versions())) if str(finding.severity) == "error"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"formerly": "price"}, "version 1 of PurchaseMade has no field 'price'; it has purchase_id, amount"),
        ({"formerly": "channel"}, "'channel' is still the name of one"),
    ],
)
def test_a_field_is_renamed_from_one_that_the_version_before_has(change: Document, said: str) -> None:
    document = versions()
    document["events"][1]["payload"][1] |= change
    with pytest.raises(DocumentError, match=said):
        read(document)


def test_an_older_version_has_no_name_of_another_event_in_code() -> None:
    document = versions()
    document["events"].append({"name": "PurchaseMadeV1", "publisher": "till"})
    with pytest.raises(DocumentError, match="version 1 of PurchaseMade is PurchaseMadeV1 in code"):
        read(document)


def test_an_entity_has_no_name_of_an_older_version() -> None:
    document = versions()
    document["services"][0]["valueTypes"] = [{"name": "PurchaseMadeV2", "fields": [{"name": "street", "type": "string"}]}]
    read(document)
    document["services"][0]["entities"].append({"name": "PurchaseMadeV1", "fields": [{"name": "total", "type": "integer"}]})
    with pytest.raises(DocumentError, match="'PurchaseMadeV1' is also the name of a class"):
        read(document)


def test_what_newer_versions_rename_comes_from_where_they_take_it() -> None:
    newest, second, first = read(with_third()).versions("PurchaseMade")
    assert [each.version for each in (newest, second, first)] == [3, 2, 1]
    assert [field.source for field in first.payload] == [None, "total"]
    assert [field.source for field in second.payload] == [None, None, None, "note"]


def test_a_version_that_another_service_tells_is_read_but_not_told() -> None:
    document = versions()
    document["services"].append({"name": "kiosk", "responsibility": "Sells without a till"})
    document["events"][0]["publisher"] = "kiosk"
    del document["events"][0]["entity"]
    architecture = read(document)
    assert [each.version for each in architecture.versions("PurchaseMade")] == [2]
    assert routes_of(architecture, architecture.services_by_name["ledger"])["ledger"] == [
        f"versions.{name}" for name in ("PurchaseMade.v1", "PurchaseMade.v2", "PurchasePaid.v1")
    ]


def test_an_older_version_that_its_entity_cannot_fill_is_an_error() -> None:
    document = versions()
    del document["events"][1]["payload"][1]["formerly"]
    (found,) = [each for each in validate(read(document)) if each.rule == "unresolved-payload-field"]
    assert (found.location, found.message) == ("/events/0/payload/1", "amount of PurchaseMade has no field amount in Purchase")


def test_each_step_takes_what_fits_leaves_out_what_may_be_missing_and_asks_for_the_rest() -> None:
    architecture = read(with_third())
    newest = architecture.versions("PurchaseMade")[0]
    third, second = upcasts_of(architecture, {"PurchaseMade": newest})
    assert {each.field.name: each.source.name for each in third.taken} == {
        "purchase_id": "purchase_id",
        "channel": "channel",
        "memo": "note",
    }
    assert [field.name for field in third.asked] == ["total"], "a greater total than 100 is for a person to fit in"
    assert {each.field.name: each.source.name for each in second.taken} == {"purchase_id": "purchase_id", "total": "amount"}
    assert [field.name for field in second.asked] == ["channel"]


def test_only_what_a_step_takes_is_read_of_an_older_version_where_nobody_is_asked() -> None:
    architecture = read(versions())
    newest = architecture.versions("PurchaseMade")[0]
    used = newest.model_copy(update={"payload": newest.payload[:1]})
    (step,) = upcasts_of(architecture, {"PurchaseMade": used})
    assert ([field.name for field in step.older.payload], step.asked) == (["purchase_id"], ())


@pytest.mark.parametrize("broker", ["rabbitmq", "nats"])
def test_publishers_promise_the_version_that_every_instance_of_a_subscriber_reads(broker: str) -> None:
    document = with_third()
    document["system"]["platform"] = {"broker": broker}
    architecture = read(document)
    till, ledger = (architecture.services_by_name[name] for name in ("till", "ledger"))
    surely, newer = ["versions.PurchaseMade.v1", "versions.PurchasePaid.v1"], ["versions.PurchaseMade.v2", "versions.PurchaseMade.v3"]
    assert routes_of(architecture, till) == {"ledger": surely}
    assert newer_types(architecture, ledger) == newer
    assert routes_of(architecture, ledger) == {"ledger": sorted(surely + (newer if broker == "nats" else []))}


def test_a_subscriber_knows_which_versions_are_retired() -> None:
    document = with_third()
    del document["events"][0]
    del document["events"][0]["payload"][1]["formerly"]
    architecture = read(document)
    till, ledger = (architecture.services_by_name[name] for name in ("till", "ledger"))
    assert (retired_types(architecture, ledger), retired_types(architecture, till)) == (["versions.PurchaseMade.v1"], [])
