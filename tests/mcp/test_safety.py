"""Whatever a caller hands to the tools: an answer or an explained refusal, nothing written or read outside the workspace, no hang."""

from __future__ import annotations

import json
import os
import string
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp_types import CallToolResult, TextContent, Tool
from tests.contracts.samples import SHOP
from tests.mcp.watching import Watch

from mcp import Client
from microservices_skill.mcp_server.server import build

SECRET = "only its owner reads this"
TIMES = int(os.environ.get("FUZZ", "1"))
"""How many times as much as the slow tests do; then with other cases each time."""
SOON = 60
"""Seconds after which a call hangs."""
WATCH = Watch()

SMALL = """\
apiVersion: microservices-skill/v1
kind: Architecture
system: {name: small, domain: other, requirements: {users: 100, latencyP99: 800ms, availability: 99}}
teams: [{name: core, size: 4, languages: [python]}]
stores: [{name: note-db, replication: sync, backupInterval: 15m}]
services:
  - name: note
    responsibility: Keeps notes of people.
    owners: [core]
    language: python
    stores: [note-db]
    entities: [{name: Note, fields: [{name: text, type: string, maxLength: 40}]}]
    endpoints: [{operation: writeNote, action: create, entity: Note, scope: "notes:write"}]
"""
DOCUMENTS = {
    "architecture.yaml": SMALL,
    "shop.yaml": SHOP,
    "answers.yaml": "domain: e-commerce\nusers: 20000\n",
    "bomb.yaml": "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n",
    "deep.yaml": "[" * 5_000,
    "tag.yaml": "!!python/object/apply:os.system ['touch planted']\n",
    "cycle.yaml": "&a {a: *a}\n",
    "empty.yaml": "",
    "binary.yaml": "\udcff\udc81",
    "monolith.yaml": "kind: Monolith\nname: old\nmodules: []\n",
}
LINKS = {
    "link": "outside",
    "link.yaml": "outside/secret.txt",
    "services": "outside",
    "self": "workspace/self",
    "null": "/dev/null",
    "zero": "/dev/zero",
    "env": "/proc/self/environ",
}
PATHS = [
    *DOCUMENTS,
    *LINKS,
    "",
    ".",
    "..",
    "../outside",
    "../outside/secret.txt",
    "a/../../outside/new",
    "link/secret.txt",
    "link/new/deeper",
    "env/x",
    "/etc/passwd",
    "/dev/zero",
    "/tmp",
    "~",
    "~root/x",
    "$HOME",
    "C:\\x",
    "..\\x",
    "file:///etc/passwd",
    "pipe",
    "a\0b",
    "a\nb",
    "%2e%2e/x",
    "x" * 300,
    "/".join(["d"] * 200),
    "sub",
    "sub/architecture.yaml",
    ".microservices-skill",
    ".microservices-skill/lock.json",
    ".git/hooks/pre-commit",
]
HOSTILE = [
    "; touch planted",
    "$(touch planted)",
    "`touch planted`",
    "{{ 7*7 }}",
    "{% include '/etc/passwd' %}",
    "{{ ''.__class__.__mro__ }}",
    "__import__('os').system('touch planted')",
    "\u202e",
    "\ud7ff",
    "note",
    "order",
    "resilience",
    "python",
    "1e999",
    "null",
    "-" * 50,
    "]]>",
    "\x1b[2J",
]


@dataclass
class Ground:
    """A workspace with neighbours, and a client of a server that works in it."""

    root: Path
    client: Client
    portal: BlockingPortal
    tools: list[Tool]

    def call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        """The answer to a call; fails where there is none in time."""

        async def answer() -> CallToolResult:
            with anyio.fail_after(SOON):
                return await self.client.call_tool(name, arguments)

        return self.portal.call(answer)

    @property
    def outside(self) -> dict[str, str]:
        """What stands beside the workspace."""
        folder = self.root / "outside"
        return {each.relative_to(folder).as_posix(): each.read_text(encoding="utf-8") for each in folder.rglob("*") if each.is_file()}


@contextmanager
def ground(root: Path) -> Iterator[Ground]:
    """Lay it out, and connect."""
    (root / "outside").mkdir()
    (root / "outside" / "secret.txt").write_text(SECRET, encoding="utf-8")
    workspace = root / "workspace"
    (workspace / "sub").mkdir(parents=True)
    for name, text in DOCUMENTS.items():
        (workspace / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    for name, target in LINKS.items():
        (workspace / name).symlink_to(root / target)
    os.mkfifo(workspace / "pipe")
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(build())) as client:
        yield Ground(root, client, portal, portal.call(client.list_tools).tools)


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)
    with ground(tmp_path) as found:
        yield found


TEXTS = st.one_of(st.sampled_from(PATHS), st.sampled_from(HOSTILE), st.text(max_size=30), st.text(string.printable, max_size=200))
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats())
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)
KEYS = ["system", "services", "stores", "events", "teams", "name", "fields", "entities", "domain", "users", "endpoints", "type", "sagas"]
DRAFTS = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)),
    max_leaves=30,
)


def of_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a parameter's schema allows, hostile where it leaves room."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -5), schema.get("maximum", 10))
        case "array":
            return st.lists(TEXTS, max_size=3)
        case "object":
            return st.one_of(st.dictionaries(st.sampled_from(KEYS), DRAFTS, max_size=5), st.dictionaries(TEXTS, JSON, max_size=3))
        case _:
            return TEXTS


def calls(tools: list[Tool]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A tool and what it is called with: mostly what its schema allows, at times any JSON at all."""

    def of_tool(tool: Tool) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
        properties, required = tool.input_schema["properties"], tool.input_schema.get("required", [])
        fields = {key: of_schema(schema) for key, schema in properties.items()}
        needed = {key: fields.pop(key) for key in required}
        shaped = st.fixed_dictionaries(needed, optional=fields)
        wild = st.dictionaries(st.one_of(st.sampled_from(sorted(properties)), TEXTS), JSON, max_size=4)
        return st.tuples(st.just(tool.name), st.one_of(shaped, shaped, shaped, wild))

    return st.one_of([of_tool(tool) for tool in tools])


def said(result: CallToolResult) -> str:
    return "".join(part.text for part in result.content if isinstance(part, TextContent))


def judge(playground: Ground, name: str, arguments: dict[str, Any]) -> None:
    """One call: what comes back and what it did."""
    before = playground.outside
    package = Path(__file__).parents[2]
    WATCH.seen.clear()
    with WATCH.on(writable=(playground.root / "workspace",), readable=(package, Path(sys.prefix), Path(sys.base_prefix))):
        result = playground.call(name, arguments)
    assert WATCH.seen == []
    assert playground.outside == before
    text = said(result)
    assert SECRET not in text + json.dumps(result.structured_content)
    if result.is_error:
        assert text != f"Error executing tool {name}", "an exception that nobody explained"
        assert "Traceback" not in text


def leaves(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value of a document stands."""
    yield at
    for key, value in document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ():
        yield from leaves(value, (*at, key))


def replaced(document: Any, at: tuple[Any, ...], value: Any) -> Any:
    """A document with one value in another's place."""
    if not at:
        return value
    copy = document.copy()
    copy[at[0]] = replaced(document[at[0]], at[1:], value)
    return copy


def fuzzed_documents(playground: Ground, examples: int) -> None:
    """Judge what becomes of a document in which one or two values are others."""
    whole = yaml.safe_load(SHOP)
    places = list(leaves(whole))

    @settings(max_examples=examples, deadline=None, database=None, derandomize=TIMES == 1, suppress_health_check=list(HealthCheck))
    @given(changes=st.lists(st.tuples(st.sampled_from(places), JSON), min_size=1, max_size=2))
    def run(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
        document = whole
        for at, value in changes:
            with suppress(KeyError, IndexError, TypeError, AttributeError):  # the first change took the place of the second away
                document = replaced(document, at, value)
        (playground.root / "workspace" / "changed.yaml").write_text(json.dumps(document), encoding="utf-8")
        judge(playground, "validate_architecture", {"architecture": "changed.yaml"})
        judge(playground, "change_architecture", {"architecture": "changed.yaml", "against": "shop.yaml", "title": "t", "preview": True})
        judge(playground, "generate_service", {"architecture": "changed.yaml", "service": "order", "output": "sub", "preview": True})

    run()


def fuzzed(playground: Ground, examples: int) -> None:
    """Judge so many calls."""

    @settings(max_examples=examples, deadline=None, database=None, derandomize=TIMES == 1, suppress_health_check=list(HealthCheck))
    @given(call=calls(playground.tools))
    def run(call: tuple[str, dict[str, Any]]) -> None:
        judge(playground, *call)

    run()


def test_no_call_leaves_the_workspace_or_fails_without_an_explanation(playground: Ground):
    fuzzed(playground, 400)


def test_no_document_does(playground: Ground):
    fuzzed_documents(playground, 40)


@pytest.mark.slow
def test_nor_do_thousands_of_calls(playground: Ground):
    fuzzed(playground, 3_000 * TIMES)


@pytest.mark.slow
def test_nor_do_hundreds_of_documents(playground: Ground):
    fuzzed_documents(playground, 300 * TIMES)


@pytest.mark.parametrize("path", PATHS)
def test_no_path_in_any_place_reads_or_writes_outside(playground: Ground, path: str):
    for tool in playground.tools:
        properties = tool.input_schema["properties"]
        texts = [key for key, schema in properties.items() if schema.get("type") == "string" and "enum" not in schema]
        needed = {"service": "note", "capability": "resilience", "against": "architecture.yaml"}
        for key in texts:
            arguments = {name: needed[name] for name in tool.input_schema.get("required", [])} | {key: path}
            judge(playground, tool.name, arguments)


def test_what_leaves_the_workspace_would_be_seen(playground: Ground):
    with WATCH.on(writable=(playground.root / "workspace",), readable=()):
        (playground.root / "outside" / "new").touch()
        (playground.root / "workspace" / "link" / "secret.txt").read_text(encoding="utf-8")
    heard = " ".join(WATCH.seen)
    WATCH.seen.clear()
    assert f"write {playground.root}/outside/new" in heard
    assert f"read {playground.root}/outside/secret.txt" in heard
