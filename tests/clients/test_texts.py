"""Settings of clients are edited in place: what people wrote around an entry stays, whatever it is."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microservices_skill.clients import json_text, toml_text

PATH = ("mcpServers", "microservices")
ENTRY = {"command": "microservices-skill", "args": ["serve"]}
COMMENTED = """\
{
  // our servers
  "mcpServers": {
    "other": {"command": "x", "args": ["// no comment", "/* nor this */"]}, /* kept */
  },
  "inputs": [],
}
"""

leaves = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=8))
values = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=8
)
objects = st.dictionaries(st.text(max_size=6), values, max_size=4)
layouts = st.sampled_from([{"indent": 2}, {"indent": 4}, {"indent": "\t"}, {}, {"separators": (",", ":")}])


@given(objects, objects, layouts)
def test_an_entry_is_put_beside_what_is_there_and_taken_out_again(
    outer: dict[str, Any], servers: dict[str, Any], layout: dict[str, Any]
) -> None:
    servers.pop("microservices", None)
    before = {**outer, "mcpServers": servers}
    text = json.dumps(before, **layout)
    after = json_text.put(text, PATH, ENTRY)
    assert json_text.read(after) == {**before, "mcpServers": {**servers, "microservices": ENTRY}}
    assert json_text.put(after, PATH, ENTRY) == after, "what is there already is not written again"
    assert json_text.read(json_text.without(after, PATH)) == before
    other = {"command": "elsewhere"}
    assert json_text.read(json_text.put(after, PATH, other)) == {**before, "mcpServers": {**servers, "microservices": other}}


@given(objects, layouts)
def test_what_stands_on_lines_of_its_own_is_restored_to_the_byte(outer: dict[str, Any], layout: dict[str, Any]) -> None:
    text = json.dumps({**outer, "mcpServers": {"other": {"command": "x"}}}, **{"indent": 2, **layout})
    if "\n" in text:
        assert json_text.without(json_text.put(text, PATH, ENTRY), PATH) == text


def test_comments_and_layout_stay() -> None:
    after = json_text.put(COMMENTED, PATH, ENTRY)
    assert [line for line in COMMENTED.splitlines() if line not in after.splitlines()] == []
    assert '    "microservices": {\n      "command": "microservices-skill",\n' in after
    assert json_text.without(after, PATH) == COMMENTED
    assert json_text.put("{}", PATH, ENTRY) == json_text.put("", PATH, ENTRY).rstrip("\n")


def test_an_object_with_nothing_but_a_comment_keeps_it() -> None:
    after = json_text.put('{\n  "mcpServers": { // none yet\n  }\n}\n', PATH, ENTRY)
    assert "// none yet" in after
    assert json_text.read(after) == {"mcpServers": {"microservices": ENTRY}}


@pytest.mark.parametrize(
    "text", ['{"mcpServers": [', "[]", '{"mcpServers": []}', "mcpServers: {}", '{"mcpServers": {"microservices": {}} "a": 1}']
)
def test_what_is_no_such_document_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        json_text.put(text, PATH, ENTRY)


TOML = '# mine\nmodel = "best"\n\n[mcp_servers.other]\ncommand = "x" # kept\n\n[mcp_servers.other.env]\nA = "1"\n'
TABLE = ("mcp_servers", "microservices")


def test_a_table_is_put_at_the_end_and_taken_out_again() -> None:
    after = toml_text.put(TOML, TABLE, ENTRY)
    assert after.startswith(TOML)
    assert tomllib.loads(after)["mcp_servers"]["microservices"] == ENTRY
    assert toml_text.put(after, TABLE, ENTRY) == after
    assert toml_text.without(after, TABLE) == TOML
    assert toml_text.without(TOML, TABLE) == TOML
    between = after + '\n[profile]\nname = "a"\n'
    assert tomllib.loads(toml_text.without(between, TABLE)) == tomllib.loads(TOML) | {"profile": {"name": "a"}}
    changed = toml_text.put(between, TABLE, {"command": "y", "args": []})
    assert tomllib.loads(changed)["mcp_servers"]["microservices"] == {"command": "y", "args": []}
    assert tomllib.loads(changed)["profile"] == {"name": "a"}


def test_a_table_written_inline_is_refused_rather_than_doubled() -> None:
    with pytest.raises(ValueError, match="not a table under a head of its own"):
        toml_text.put('mcp_servers = {microservices = {command = "x"}}\n', TABLE, ENTRY)
