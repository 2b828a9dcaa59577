import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.samples import SHOP

from microservices_skill.errors import DocumentError, Problem
from microservices_skill.model.document import parse
from microservices_skill.model.dumping import dump, dump_plain
from microservices_skill.model.loading import read_architecture

MINIMAL = """\
apiVersion: microservices-skill/v1
kind: Architecture
system: {name: shop, domain: e-commerce}
services:
  - name: order
    responsibility: Takes orders
    entities:
      - name: Order
        fields:
          - {name: total, type: integer}
    endpoints:
      - {operation: placeOrder, action: create, entity: Order}
"""


def refusal(text: str) -> Problem:
    with pytest.raises(DocumentError) as caught:
        read_architecture(text, source="a.yaml")
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("[{name: total, type: integer}, {name: sum_total, formerly: total, type: integer}]", "'total' is still the name of one"),
        ("[{name: a, formerly: b, type: integer}, {name: c, formerly: b, type: integer}]", "is also the former name at"),
        ("[{name: a, formerly: a, type: integer}]", "'a' is still the name of one"),
    ],
)
def test_a_former_name_that_is_still_in_use_or_claimed_twice_is_refused(fields: str, message: str):
    assert message in refusal(MINIMAL.replace("\n          - {name: total, type: integer}", f" {fields}")).message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "empty"),
        ("- a\n", 1, "must be a mapping"),
        ("a: 1\na: 2\n", 2, "written twice"),
        ("a: &x [1]\nb: *x\n", 2, "alias"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tag"),
        ("a: !!binary aGk=\n", 1, "tag"),
        ("a:\n\tb: 1\n", 2, "not valid YAML"),
        ("a: [1\n", 2, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "more than one document"),
        ("? {a: 1}\n: b\n", 1, "cannot be a key"),
        ("[" * 50 + "]" * 50, 1, "nested deeper"),
        ("a: \x00\n", None, "not valid YAML"),
        ("a: \x07\n", None, "not valid YAML"),
    ],
)
def test_an_ambiguous_or_broken_document_is_refused_with_its_line(text: str, line: int | None, message: str):
    problem = refusal(text)
    assert message in problem.message
    if line is not None:
        assert problem.line == line


def test_an_alias_bomb_is_refused_at_once():
    bomb = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24))
    began = time.monotonic()
    assert "alias" in refusal(bomb).message
    assert time.monotonic() - began < 1


def test_a_document_of_33_mebibytes_is_refused_before_it_is_parsed():
    assert "larger than 32 MiB" in refusal("a: " + "x" * (33 * 2**20)).message


@pytest.mark.parametrize(
    ("old", "new", "pointer", "message"),
    [
        ("name: shop", "name: ../../etc", "/system/name", "does not match"),
        ("name: shop", "name: '\"; import os'", "/system/name", "does not match"),
        ("name: shop", "name: '{{7*7}}'", "/system/name", "does not match"),
        ("name: shop", "name: class", "/system/name", "reserved word"),
        ("name: shop", "name: café", "/system/name", "does not match"),
        ("name: shop", "name: 🛒", "/system/name", "does not match"),
        ("name: shop", f"name: {'a' * 10_000}", "/system/name", "at most 40"),
        ("name: shop", "name: 7", "/system/name", "valid string"),
        ("domain: e-commerce", f"domain: {'d' * 10_000}", "/system/domain", "at most 200"),
        ("domain: e-commerce", "domain: e-commerce, domian: x", "/system/domian", "did you mean 'domain'?"),
        ("domain: e-commerce", "domain: x, style: big-ball", "/system/style", "microservices"),
        ("name: total", "name: class", "/services/0/entities/0/fields/0/name", "reserved word"),
        ("name: total", "name: __proto__", "/services/0/entities/0/fields/0/name", "does not match"),
        ("type: integer", "type: float", "/services/0/entities/0/fields/0/type", "Input should be"),
        ("type: integer", "type: integer, maxLength: 3", "/services/0/entities/0/fields/0", "does not apply"),
        ("entity: Order}", "entity: Oder}", "/services/0/endpoints/0/entity", "did you mean 'Order'?"),
        ("action: create,", "action: create, path: /v1/../x,", "/services/0/endpoints/0/path", "does not match"),
        ("entities:", "valueTypes: [{name: OrderValues, fields: [{name: x, type: text}]}]\n    entities:",
         "/services/0/valueTypes/0", "made for entity Order"),
        ("entities:", "valueTypes: [{name: Moment, fields: [{name: x, type: text}]}]\n    entities:",
         "/services/0/valueTypes/0/name", "already has"),
        ("- name: Order\n", "- name: Package\n", "/services/0/entities/0/name", "reserved word in Python or TypeScript"),
        ("operation: placeOrder", "operation: delete", "/services/0/endpoints/0/operation", "reserved word"),
        ("operation: placeOrder", "operation: transition", "/services/0/endpoints/0/operation", "already use"),
        ("type: integer", "type: integer, maximum: 9007199254740992", "/services/0/entities/0/fields/0/maximum", "less than or equal"),
        (
            "endpoints:\n",
            ("endpoints:\n      - {operation: getURL, action: get, entity: Order}\n"
            "      - {operation: getUrl, action: list, entity: Order}\n"),
            "/services/0/endpoints/1", "already used",
        ),
        ("Takes orders", '"a\\u202eb"', "/services/0/responsibility", "hides or breaks text"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_file_line_pointer_and_a_way_to_mend_it(old: str, new: str, pointer: str, message: str):
    assert old in MINIMAL
    text = MINIMAL.replace(old, new, 1)
    problem = refusal(text)
    assert problem.pointer == pointer
    assert message in problem.message
    assert problem.line is not None
    assert problem.render("a.yaml").startswith(f"a.yaml:{problem.line}:")
    assert len(problem.message) < 400


def test_two_services_of_one_name_are_refused():
    second = "  - {name: order, responsibility: The same again}\n"
    assert "already used" in refusal(MINIMAL + second).message


def test_every_fault_is_told_at_once():
    text = MINIMAL.replace("name: shop", "name: class").replace("type: integer", "type: float")
    with pytest.raises(DocumentError) as caught:
        read_architecture(text)
    assert len(caught.value.problems) == 2


def test_a_dumped_architecture_reads_back_the_same():
    architecture, _ = read_architecture(SHOP)
    again, _ = read_architecture(dump(architecture))
    assert again == architecture


@pytest.mark.parametrize("text", ["08", "8", "1e3", ".5", "0x1f", "true", "no", "null", "~", "1_000", "-", "", "2026-01-01", "1:30"])
def test_text_that_looks_like_something_else_stays_text(text: str):
    assert parse(dump_plain({"a": text}), source="a.yaml").data == {"a": text}


@given(st.text(max_size=200))
def test_any_text_is_either_read_or_refused(text: str):
    with contextlib.suppress(DocumentError):
        read_architecture(text)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_what_is_dumped_is_parsed_back(data: object):
    assert parse(dump_plain({"root": data}), source="x").data == {"root": data}
