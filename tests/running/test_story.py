import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from microservices_skill.app.running import trace
from microservices_skill.cli import main
from microservices_skill.errors import SkillError
from microservices_skill.running.story import Record, parse, tell

ORDER, TRACE, OTHER = "01890a5d-ac96-774b-bcce-b302099a8057", "a" * 32, "b" * 32


def line(second: int, event: str, trace_id: str = "", zone: str = "Z", **fields: object) -> str:
    record = {"timestamp": f"2026-01-01T10:00:{second:02}.000{zone}", "event": event, "level": "info"}
    return json.dumps(record | ({"trace_id": trace_id} if trace_id else {}) | fields)


def records(*lines: str, service: str = "order") -> list[Record]:
    return list(parse(lines, service=service))


ORDERS = [
    line(3, "event.published", TRACE, subject=f"order/{ORDER}", service="order"),
    line(2, "http.request", TRACE, service="order", status=201, request_id="r-1"),
    line(1, "http.request", OTHER, service="order", status=200),
]
PAYMENTS = ["Traceback (most recent call last):", line(4, "event.handled", TRACE, service="payment"), line(5, "service.stopped")]


def test_an_entitys_id_tells_all_of_its_trace_in_the_order_of_time():
    found = tell([*records(*PAYMENTS), *records(*ORDERS)], ORDER)
    assert [(each.service, each.event) for each in found] == [
        ("order", "http.request"),
        ("order", "event.published"),
        ("payment", "event.handled"),
    ]


@pytest.mark.parametrize("identity", ["r-1", TRACE, ORDER[:13]])
def test_a_request_a_trace_or_a_part_of_an_id_tell_the_same(identity: str):
    assert len(tell([*records(*PAYMENTS), *records(*ORDERS)], identity)) == 3


def test_a_record_without_a_trace_brings_no_others():
    found = tell(records(line(1, "one", about=ORDER), line(2, "two"), line(3, "three")), ORDER)
    assert [each.event for each in found] == ["one"]


def test_an_id_is_found_at_any_depth():
    assert len(tell(records(line(1, "one", outer={"inner": ["x", f"order/{ORDER}"]})), ORDER)) == 1


def test_moments_of_different_zones_are_ordered():
    found = tell(records(line(1, "later", TRACE), line(2, "earlier", TRACE, zone="+02:00")), TRACE)
    assert [each.event for each in found] == ["earlier", "later"]


@pytest.mark.parametrize("text", ["", "null", "[1]", '"x"', "{}", '{"timestamp": 1}', '{"timestamp": "2026-01-01T00:00:00"}', '{"timest'])
def test_what_is_no_record_is_left_out(text: str):
    assert records(text) == []


def logs(folder: Path) -> Path:
    (folder / ".run").mkdir()
    (folder / ".run" / "order.log").write_text("\n".join(ORDERS), encoding="utf-8")
    (folder / ".run" / "payment.log").write_text("\n".join(PAYMENTS), encoding="utf-8")
    return folder


def test_a_story_is_a_line_for_each_record(tmp_path: Path):
    shown = CliRunner().invoke(main, ["trace", ORDER, str(logs(tmp_path))])
    assert shown.stdout.splitlines() == [
        "   +0.000s  order    http.request          status=201",
        f"   +1.000s  order    event.published       subject=order/{ORDER}",
        "   +2.000s  payment  event.handled",
    ]


def test_a_story_is_json_for_programs(tmp_path: Path):
    story = json.loads(CliRunner().invoke(main, ["trace", ORDER, str(logs(tmp_path)), "--json"]).stdout)
    assert (story["services"], story["traces"]) == (["order", "payment"], [TRACE])
    assert story["lines"][1]["offset_s"] == 1.0
    assert story["lines"][1]["details"] == {"subject": f"order/{ORDER}"}


def test_an_id_that_nothing_mentions_says_what_ids_there_are(tmp_path: Path):
    with pytest.raises(SkillError, match=r"none of 5 log records mentions 'nobody'; give the id of an entity, a request"):
        trace(logs(tmp_path), "nobody")
    with pytest.raises(SkillError, match="none of 5 log records"):
        trace(tmp_path, "")


def test_without_logs_it_says_how_to_get_some(tmp_path: Path):
    with pytest.raises(SkillError, match=r"\.run: there are no logs; run the system first"):
        trace(tmp_path, ORDER)
