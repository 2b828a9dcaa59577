"""What leaves a monolith first, what keeps it, and what the plan of it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.app.discovery import propose, read_draft
from microservices_skill.app.migrating import plan_migration
from microservices_skill.errors import DocumentError, SkillError
from microservices_skill.migration.monolith import Monolith
from microservices_skill.migration.order import order
from microservices_skill.migration.render import Plan, make
from microservices_skill.migration.routing import Stage

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "monolith" / "monolith.yaml"


def document() -> dict[str, Any]:
    """The example, to be changed."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return found


def module(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in found["modules"] if each["name"] == name)


def table(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in found["tables"] if each["name"] == name)


def plan(found: dict[str, Any]) -> Plan:
    return make(Monolith.model_validate(found), None)


def text(found: Plan, path: str) -> str:
    return found.files()[f"migration/{path}"].text


def leaving(found: dict[str, Any]) -> list[str]:
    return [each.service for each in order(Monolith.model_validate(found))]


def test_what_is_worth_much_and_tied_by_little_leaves_first() -> None:
    assert leaving(document()) == ["review", "pricing", "order", "customer"]
    [first, *_] = order(Monolith.model_validate(document()))
    assert (first.risk, [point.what for point in first.risks]) == (2, ["1 foreign key across"])
    assert first.value == pytest.approx(3 * (1 + 6 / 30))


def test_a_foreign_writer_weighs_more_than_a_reader_and_both_are_named_as_work() -> None:
    found = document()
    table(found, "reviews")["writers"] = ["ordering"]
    table(found, "reviews")["readers"] = ["reporting"]
    review = next(each for each in order(Monolith.model_validate(found)) if each.service == "review")
    assert [(point.points, point.what) for point in review.risks][:2] == [
        (3, "1 foreign writer of its tables"),
        (1, "1 foreign reader of its tables"),
    ]
    pages = plan(found)
    page = next(file.text for path, file in pages.files().items() if re.fullmatch(r"migration/\d\d-review/README.md", path))
    assert "`ordering` writes `reviews`: let it ask reviews within the monolith" in page
    assert "`reporting` reads `reviews`" in page
    assert "Nobody reads the monolith's copy: `reporting` have moved" in page


def test_what_has_left_ties_nobody_any_more() -> None:
    found = document()
    module(found, "customers")["value"] = 5
    module(found, "customers")["changes"] = 100
    by_name = {each.service: each for each in order(Monolith.model_validate(found))}
    asks = [point.what for point in by_name["pricing"].risks]
    assert ("1 module inside that ask it" in asks) == (leaving(found).index("pricing") < leaving(found).index("order"))


def test_what_stays_is_no_step() -> None:
    found = document()
    module(found, "pricing")["stays"] = True
    assert leaving(found) == ["review", "order", "customer"]
    assert "- pricing" in text(plan(found), "README.md")


def test_two_modules_may_become_one_service() -> None:
    found = document()
    module(found, "pricing")["service"] = "order"
    [merged] = [each for each in order(Monolith.model_validate(found)) if each.service == "order"]
    assert [each.name for each in merged.modules] == ["ordering", "pricing"]
    assert merged.calls_out == ()


def test_each_stage_sends_each_request_where_it_says() -> None:
    found = plan(document())

    def rules(stage: Stage) -> list[tuple[str, str, list[str], bool]]:
        spec = yaml.safe_load(text(found, f"01-review/routing/{stage}.httproute.yaml"))["spec"]
        return [
            (
                each["matches"][0]["method"],
                each["matches"][0]["path"]["value"],
                [f"{backend['name']}{backend.get('weight', '')}" for backend in each["backendRefs"]],
                any(one["type"] == "RequestMirror" for one in each.get("filters", [])),
            )
            for each in spec["rules"]
            if "matches" in each
        ]

    reads, writes = ("/reviews", "/reviews/[^/]+"), ("POST", "PUT", "DELETE")
    assert [(path, to, mirrored) for _, path, to, mirrored in rules(Stage.MIRROR)] == [(path, ["monolith"], True) for path in reads]
    assert [(path, to) for _, path, to, _ in rules(Stage.TENTH)] == [(path, ["review10", "monolith90"]) for path in reads]
    assert [(path, to) for _, path, to, _ in rules(Stage.READS)] == [(path, ["review"]) for path in reads]
    assert [to for method, _, to, _ in rules(Stage.PAUSE) if method in writes] == [["paused"]] * 3
    assert [(method, to) for method, _, to, _ in rules(Stage.WRITES)] == [
        (method, ["review"]) for method in ("GET", "GET", "POST", "PUT", "DELETE")
    ]
    default = yaml.safe_load(text(found, "01-review/routing/5-writes.httproute.yaml"))["spec"]["rules"][-1]
    assert default == {"backendRefs": [{"name": "monolith", "port": 80}]}


def test_the_routes_of_a_step_keep_those_of_the_steps_before() -> None:
    found = plan(document())
    last = text(found, "04-customer/routing/1-mirror.nginx.conf")
    assert '"~^POST /reviews$" review;' in last
    assert '"~^GET /orders/(?<p2>[^/]+)$" order;' in last
    assert '"~^GET /customers/(?<p2>[^/]+)$" customer;' in last.split("$mirrored_to")[1]


def test_a_request_that_no_operation_serves_stays_with_the_monolith_and_is_named() -> None:
    found = plan(document())
    assert "| `GET /orders/{id}/invoice` | no operation yet | 1 |" in text(found, "03-order/README.md")
    assert "invoice" not in text(found, "03-order/routing/5-writes.nginx.conf")


def test_another_database_gets_no_scripts_and_the_page_says_what_is_done_instead() -> None:
    found = document() | {"database": "other"}
    files = plan(found).files()
    assert not [path for path in files if "/data/" in path]
    page = next(file.text for path, file in files.items() if path.endswith("-review/README.md"))
    assert "by hand: dual run" in page
    assert "wal_level" not in files["migration/README.md"].text


def test_a_critical_module_is_compared_before_it_answers() -> None:
    found = plan(document())
    assert "dual run" in text(found, "03-order/README.md")
    assert "dual run" not in text(found, "01-review/README.md")
    names = json.loads(text(found, "03-order/compare.json"))
    assert names["paths"] == [["^/orders(?=\\?|$)", "/orders"], ["^/orders/([^/?]+)(?=\\?|$)", "/orders/\\1"]]
    assert json.loads(text(found, "01-review/compare.json"))["fields"]["body"] == "remark"


def test_the_same_document_gives_the_same_bytes() -> None:
    assert [(path, file.text) for path, file in plan(document()).files().items()] == [
        (path, file.text) for path, file in plan(document()).files().items()
    ]


FAULTS = (
    ("owner: ordering", "owner: nobody", "/tables/1/owner: there is no module 'nobody'; known: customers, ordering"),
    ("references: customers}", "references: clients}", "/tables/1/columns/0/references: there is no table 'clients'"),
    ("module: pricing, purpose", "module: prices, purpose", "/modules/0/calls/0/module: there is no module 'prices'"),
    ("table: orders, perSecond: 12", "table: order, perSecond: 12", "/modules/0/routes/0/table: there is no table 'order'"),
    ("name: customers\n    purpose", "name: reviews\n    purpose", "the module 'reviews' is there twice; rename or remove one"),
    (
        '"/reviews/{id}", table: reviews, perSecond: 5',
        '"/orders/{number}"',
        "GET /orders/{number} is answered by ordering too; say which one does",
    ),
    ("name: status, type: enum", "name: id, type: enum", "id is the key of orders and becomes the entity's id; leave it out of columns"),
    ("name: total, type: decimal", "name: total, type: money", "type money is more than one column"),
    ("[orders, customers]", "[orders, stock]", "/transactions/0/tables: there is no table 'stock'"),
    ("entity: PurchaseOrder", "entity: Purchase Order", "does not match"),
    ("- name: reviews\n    owner", "- name: 'reviews\"; DROP TABLE customers; --'\n    owner", "does not match"),
    ("value: 5", "vlaue: 5", "did you mean 'value'?"),
    ("field: remark", "field: class", "reserved word"),
)


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_a_fault_is_told_with_its_place_and_nothing_is_written(old: str, new: str, said: str, tmp_path: Path) -> None:
    source = EXAMPLE.read_text(encoding="utf-8")
    assert old in source
    (tmp_path / "monolith.yaml").write_text(source.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        plan_migration(tmp_path, tmp_path / "monolith.yaml")
    assert said in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["monolith.yaml"]


def test_where_every_module_stays_there_is_nothing_to_plan(tmp_path: Path) -> None:
    found = document()
    for each in found["modules"]:
        each["stays"] = True
    (tmp_path / "monolith.yaml").write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")
    with pytest.raises(DocumentError, match="every module stays, so there is nothing to plan"):
        plan_migration(tmp_path, tmp_path / "monolith.yaml")


def test_the_draft_leads_to_an_architecture_whose_services_the_plan_then_takes(tmp_path: Path) -> None:
    source = tmp_path / "monolith.yaml"
    source.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    plan_migration(tmp_path, source)
    output = tmp_path / "architecture.yaml"
    propose(ROOT / "examples/shop/answers.yaml", output=output, draft=read_draft(tmp_path / "migration/draft.yaml"))
    again = plan_migration(tmp_path, source, architecture=output)
    assert (again.written, again.counts) == (True, {"unchanged": sum(again.counts.values())})
    output.write_text(output.read_text(encoding="utf-8").replace("name: stars", "name: rating"), encoding="utf-8")
    with pytest.raises(DocumentError, match="Review has no field stars; name one in field, or add it to the entity"):
        plan_migration(tmp_path, source, architecture=output)


def test_what_a_person_wrote_into_the_plan_stays(tmp_path: Path) -> None:
    source = tmp_path / "monolith.yaml"
    source.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    plan_migration(tmp_path, source)
    page = tmp_path / "migration/01-review/README.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nAsk Ada before step 5.\n", encoding="utf-8")
    source.write_text(source.read_text(encoding="utf-8").replace("rows: 900000", "rows: 950000"), encoding="utf-8")
    assert plan_migration(tmp_path, source).written
    assert "Ask Ada before step 5." in page.read_text(encoding="utf-8")
    assert "950,000" in page.read_text(encoding="utf-8")


def test_a_document_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match=r"monolith\.yaml"):
        plan_migration(tmp_path, tmp_path / "monolith.yaml")
