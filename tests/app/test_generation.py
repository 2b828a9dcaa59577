from pathlib import Path

import pytest
from tests.contracts.samples import SHOP

from microservices_skill.app import checking, discovery, documents, generation
from microservices_skill.app.design import UnsoundDesignError
from microservices_skill.app.writing import Manner
from microservices_skill.errors import DocumentError, SkillError
from microservices_skill.regeneration.request import Choices


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "architecture.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return path


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_a_sound_design_has_no_blocking_finding(source: Path):
    result = checking.validate(source)
    assert result.ok
    assert "error" not in result.counts


def test_a_finding_points_to_its_line_and_says_how_to_mend_it(source: Path):
    source.write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
    finding = checking.validate(source).findings[0]
    assert (finding.severity, finding.rule) == ("error", "shared-data-store")
    assert finding.line > 1
    assert finding.fix


def test_only_so_many_findings_are_shown_and_the_rest_is_counted(source: Path):
    source.write_text(SHOP.replace("language: python", "language: python\n    logging: text"), encoding="utf-8")
    everything = checking.validate(source)
    few = checking.validate(source, shown=1)
    assert len(few.findings) == 1
    assert few.omitted == len(everything.findings) - 1 > 0


def test_a_preview_of_a_service_writes_nothing(source: Path):
    result = generation.generate_service(source.parent, source, service="order", manner=Manner(preview=True))
    assert not result.written
    assert result.counts["create"] > 50
    assert result.paths == (f"services/order/ ({result.counts['create']} files)",)
    assert names(source.parent) == {"architecture.yaml"}


def test_a_service_is_generated_with_its_contracts_and_a_second_run_changes_nothing(source: Path):
    first = generation.generate_service(source.parent, source, service="order")
    assert first.written
    assert (source.parent / "services/order/contracts/events/OrderPlaced.v2.json").is_file()
    second = generation.generate_service(source.parent, source, service="order")
    assert set(second.counts) == {"unchanged"}


def test_generating_one_service_leaves_the_others_alone(source: Path):
    generation.generate_service(source.parent, source, service="order")
    generation.generate_service(source.parent, source, service="payment")
    again = generation.generate_service(source.parent, source, service="order")
    assert set(again.counts) == {"unchanged"}
    assert names(source.parent / "services") == {"order", "payment"}


def test_an_edited_file_stays_and_is_reported(source: Path):
    generation.generate_service(source.parent, source, service="order")
    main = source.parent / "services/order/README.md"
    main.write_text("mine\n", encoding="utf-8")
    assert "services/order/README.md" in generation.generate_service(source.parent, source, service="order").kept
    assert main.read_text(encoding="utf-8") == "mine\n"


def test_what_stands_beside_the_system_is_nobody_elses_to_delete(tmp_path: Path):
    answers = Path(__file__).parents[2] / "examples/shop/answers.yaml"
    (tmp_path / "answers.yaml").write_text(answers.read_text(encoding="utf-8"), encoding="utf-8")
    discovery.propose(tmp_path / "answers.yaml", output=tmp_path / "architecture.yaml")
    result = generation.generate_system(tmp_path, tmp_path / "architecture.yaml")
    assert set(result.counts) == {"create"}
    assert {"answers.yaml", "architecture.yaml"} <= names(tmp_path)


def test_a_renamed_service_takes_the_edits_in_it_along(source: Path):
    generation.generate_service(source.parent, source, service="order")
    folder = source.parent / "services/order"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(f"{readme}from order.domains.order.mine import OrderX\n", encoding="utf-8")
    (folder / "own.txt").write_text("own\n", encoding="utf-8")
    text = SHOP.replace("name: order\n", "name: purchase\n    formerly: order\n").replace("publisher: order\n", "publisher: purchase\n")
    source.write_text(text.replace("publisher: order,", "publisher: purchase,").replace("to: order,", "to: purchase,"), encoding="utf-8")
    result = generation.generate_service(source.parent, source, service="purchase")
    assert "services/order/own.txt -> services/purchase/own.txt" in result.moved
    assert names(source.parent / "services") == {"purchase"}
    assert '"number": 1' in (source.parent / "services/purchase/schema-history.json").read_text(encoding="utf-8")
    assert (
        (source.parent / "services/purchase/README.md")
        .read_text(encoding="utf-8")
        .endswith("\nfrom purchase.domains.order.mine import OrderX\n")
    )


def test_a_conflict_names_file_and_lines_and_writes_nothing(source: Path):
    generation.generate_service(source.parent, source, service="order")
    readme = source.parent / "services/order/README.md"
    readme.write_text("# mine\n" + readme.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    source.write_text(
        SHOP.replace("    responsibility: Takes orders", "    title: Sales\n    responsibility: Takes orders"), encoding="utf-8"
    )
    before = {path: path.read_bytes() for path in source.parent.rglob("*") if path.is_file()}
    result = generation.generate_service(source.parent, source, service="order")
    assert [(each.path, each.lines) for each in result.conflicts] == [("services/order/README.md", "1")]
    assert not result.written
    assert "ours" in result.next
    assert {path: path.read_bytes() for path in source.parent.rglob("*") if path.is_file()} == before
    manner = Manner(choices=Choices(theirs=("services/order/README.md",)))
    assert generation.generate_service(source.parent, source, service="order", manner=manner).written
    assert readme.read_text(encoding="utf-8").startswith("# Sales\n")


def test_a_preview_can_be_read_as_a_diff(source: Path):
    generation.generate_service(source.parent, source, service="order")
    source.write_text(
        SHOP.replace("    responsibility: Takes orders", "    title: Sales\n    responsibility: Takes orders"), encoding="utf-8"
    )
    diff = generation.generate_service(source.parent, source, service="order", manner=Manner(preview=True, diff=True)).diff
    assert "--- a/services/order/README.md\n+++ b/services/order/README.md\n" in diff
    assert "\n+# Sales\n" in diff


def test_a_design_with_errors_generates_nothing_and_lists_them(source: Path):
    source.write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
    with pytest.raises(UnsoundDesignError, match=r"architecture.yaml:\d+ .*shared-data-store(.|\n)*fix: "):
        generation.generate_service(source.parent, source, service="order")
    assert names(source.parent) == {"architecture.yaml"}


def test_an_unknown_service_names_the_known_ones(source: Path):
    with pytest.raises(SkillError, match=r"ordr.*order, payment"):
        generation.generate_service(source.parent, source, service="ordr")


def test_a_language_without_a_generator_gets_a_clear_answer(source: Path):
    with pytest.raises(SkillError, match="java"):
        generation.generate_service(source.parent, source, service="order", language="java")
    assert names(source.parent) == {"architecture.yaml"}


def test_a_service_is_generated_in_both_languages_side_by_side(source: Path):
    generation.generate_service(source.parent, source, service="order", language="both")
    services = source.parent / "services"
    assert names(services) == {"order-typescript", "order-python"}
    contracts = [(services / name / "contracts" / "openapi.json").read_bytes() for name in sorted(names(services))]
    assert contracts[0] == contracts[1]
    generation.generate_service(source.parent, source, service="order", language="typescript")
    assert "package.json" in names(services / "order")


def test_contracts_are_written_below_their_folder(source: Path):
    result = documents.contracts(source.parent, source)
    assert result.counts == {"create": 9}
    assert (source.parent / "contracts/asyncapi.json").is_file()


def test_progress_is_told_step_by_step(source: Path):
    steps: list[tuple[int, int]] = []
    generation.generate_service(
        source.parent, source, service="order", manner=Manner(preview=True), progress=lambda done, every, _: steps.append((done, every))
    )
    assert steps == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize("text", ["a: [1", "a: &a [*a]", "a: 1\na: 2", "services: {{7*7}}", "\t- x", "!!python/name:os.system x"])
def test_a_bad_document_stops_everything_before_anything_is_written(source: Path, text: str):
    source.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"architecture\.yaml:\d+:\d+ /"):
        generation.generate_system(source.parent, source)
    assert names(source.parent) == {"architecture.yaml"}


def test_the_schema_is_a_json_schema_and_every_rule_explains_itself():
    assert checking.schema()["$schema"].endswith("2020-12/schema")
    assert all(rule.summary and rule.why and rule.fix and rule.source for rule in checking.rules())


HEAD, ENTITIES = SHOP.split("entities:", 1)
CHANGED = f"{HEAD}entities:" + ENTITIES.replace("fields:", "fields:\n          - {name: is_wrapped, type: boolean}", 1)


def test_a_changed_model_adds_one_migration_and_leaves_the_first_as_it_is(source: Path):
    first = generation.generate_service(source.parent, source, service="order")
    assert (first.migrations, first.pending) == ((), ())
    initial = migration(source, "0001")
    source.write_text(CHANGED, encoding="utf-8")
    preview = generation.generate_service(source.parent, source, service="order", manner=Manner(preview=True))
    changed = generation.generate_service(source.parent, source, service="order")
    assert preview.migrations == changed.migrations
    assert changed.migrations[0].startswith("order: 0002_")
    assert any("is_wrapped has a default" in each for each in changed.pending)
    assert migration(source, "0001") == initial
    again = generation.generate_service(source.parent, source, service="order")
    assert (set(again.counts), again.migrations, again.pending) == ({"unchanged"}, (), changed.pending)
    contracted = generation.generate_service(source.parent, source, service="order", allow_destructive=True)
    assert contracted.migrations[0].startswith("order: 0003_")
    assert contracted.pending == ()


def test_one_capability_adds_no_migration(source: Path):
    generation.generate_service(source.parent, source, service="order")
    source.write_text(CHANGED, encoding="utf-8")
    before = (source.parent / "services/order/schema-history.json").read_bytes()
    assert generation.generate_service(source.parent, source, service="order", capability="testing").migrations == ()
    assert (source.parent / "services/order/schema-history.json").read_bytes() == before


def test_a_service_from_before_the_record_gets_one_unless_its_model_has_changed(source: Path):
    generation.generate_service(source.parent, source, service="order")
    record = source.parent / "services/order/schema-history.json"
    record.unlink()
    source.write_text(CHANGED, encoding="utf-8")
    with pytest.raises(SkillError, match=r"services/order: .*0001.*generate once from the architecture\.yaml that it was made from"):
        generation.generate_service(source.parent, source, service="order")
    assert not record.exists()
    source.write_text(SHOP, encoding="utf-8")
    generation.generate_service(source.parent, source, service="order")
    source.write_text(CHANGED, encoding="utf-8")
    assert len(generation.generate_service(source.parent, source, service="order").migrations) == 1


def test_another_language_gets_the_whole_history(source: Path):
    generation.generate_service(source.parent, source, service="order", language="python")
    source.write_text(CHANGED, encoding="utf-8")
    generation.generate_service(source.parent, source, service="order", language="python")
    generation.generate_service(source.parent, source, service="order", language="typescript")
    made = names(source.parent / "services/order/src/infrastructure/database/migrations")
    assert {each[:4] for each in made} == {"0001", "0002", "inde"}


def migration(source: Path, number: str) -> bytes:
    return next(each for each in (source.parent / "services/order").rglob(f"{number}*")).read_bytes()
