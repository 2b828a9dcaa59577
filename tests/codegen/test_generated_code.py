"""Whatever the model says, what is generated is valid, the same every time, and nothing breaks out of its quotes."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import tree_sitter_typescript
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.codegen.strategies import TEXT, architectures
from tests.generated.architectures import on_broker, read_example
from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser

from microservices_skill.codegen.capabilities import CAPABILITIES, files_of
from microservices_skill.codegen.errors import UnknownCapabilityError, UnknownServiceError, UnsupportedLanguageError
from microservices_skill.codegen.generate import generate_service, generate_system
from microservices_skill.codegen.imports import tidy
from microservices_skill.codegen.quoting import md_text, py_str, ts_str, ts_text
from microservices_skill.contracts.render import for_service
from microservices_skill.errors import DocumentError
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.changing import changeable
from microservices_skill.model.examples import matching
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.system import BrokerKind

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop" / "architecture.yaml"


LANGUAGES = ("python", "typescript")
TYPESCRIPT = Parser(Grammar(tree_sitter_typescript.language_typescript()))


def shop(language: str = "python") -> Architecture:
    document = yaml.safe_load(SHOP.read_text(encoding="utf-8"))
    for service in document["services"]:
        service["language"] = language
    return read_architecture(yaml.safe_dump(document))[0]


def faults(node: Node) -> list[str]:
    """What does not parse, with its place."""
    if not node.has_error:
        return []
    own = [f"{node.start_point.row + 1}: {(node.text or b'').decode()[:80]}"] if node.is_error or node.is_missing else []
    return own + [fault for child in node.children for fault in faults(child)]


def assert_parses(tree: FileTree) -> None:
    for path, file in tree.items():
        match Path(path).suffix:
            case ".py":
                compile(file.text, path, "exec", ast.PyCF_ONLY_AST)
            case ".ts":
                assert not faults(TYPESCRIPT.parse(file.text.encode()).root_node), path
            case ".toml":
                tomllib.loads(file.text)
            case ".json":
                json.loads(file.text)


@given(architectures(), st.sampled_from(LANGUAGES))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_valid_model_makes_code_that_does_not_parse(document: dict[str, Any], language: str) -> None:
    for each in document["services"]:
        each["language"] = language
    try:
        architecture, _ = read_architecture(yaml.safe_dump(document, allow_unicode=True))
    except DocumentError:
        assume(False)
        return
    for service in architecture.services:
        streams = [each for each in service.entities if each.is_event_sourced]
        assume(all(changeable(each, service) is not None for each in streams))  # the rule unchanging-event-stream refuses others
        tree = generate_service(architecture, service.name) | for_service(architecture, service)
        assert_parses(tree)
        calls = [
            node
            for path, file in tree.items()
            if path.endswith("config.py")
            for node in ast.walk(ast.parse(file.text))
            if isinstance(node, ast.Call)
        ]
        assert all(ast.unparse(call.func) != "os.system" for call in calls)


@given(TEXT)
@settings(max_examples=300, deadline=None)
def test_a_quoted_text_is_one_literal_with_the_same_value(text: str) -> None:
    assert ast.literal_eval(py_str(text)) == text


@given(TEXT)
@settings(max_examples=300, deadline=None)
def test_a_quoted_text_is_one_literal_in_typescript_with_the_same_value(text: str) -> None:
    literal = ts_str(text)
    expression = TYPESCRIPT.parse(literal.encode()).root_node.children[0].children[0]
    assert (expression.type, expression.end_byte) == ("string", len(literal.encode()))
    escapes = {"\\'": "'", "\\n": "\n", "\\t": "\t", "\\r": "\r", "\\b": "\b", "\\f": "\f", "\\\\": "\\"}
    pattern = re.compile(r"\\u\{([0-9a-f]+)\}|\\u([0-9a-f]{4})|\\.")
    value = pattern.sub(lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else escapes[found[0]], literal[1:-1])
    assert value == text


@given(TEXT)
def test_text_in_a_comment_cannot_end_it(text: str) -> None:
    assert "*/" not in ts_text(text)
    assert "\n" not in ts_text(text)


@given(TEXT)
def test_text_in_markdown_cannot_begin_markup(text: str) -> None:
    quoted = md_text(text)
    assert "\n" not in quoted
    for mark in "|<[`":
        assert quoted.count(mark) == quoted.count(f"\\{mark}")


def test_the_same_model_gives_the_same_bytes_in_every_process() -> None:
    script = (
        "import hashlib, sys\n"
        "from microservices_skill.model.loading import read_architecture\n"
        "from microservices_skill.codegen.generate import generate_system\n"
        "architecture, _ = read_architecture(open(sys.argv[1], encoding='utf-8').read())\n"
        "tree = generate_system(architecture)\n"
        "print(hashlib.sha256(repr([(path, file) for path, file in tree.items()]).encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, str(SHOP)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "server")},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }  # fmt: skip
    assert len(digests) == 1


MESSAGING = {"python": "tests/integration/test_messaging.py", "typescript": "test/integration/messaging.test.ts"}
SEAMS = {"python": "/rules.py", "typescript": ".rules.ts"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_service_of_the_shop_has_its_tests_and_its_seam(language: str) -> None:
    tree = generate_system(shop(language))
    for service in shop().services:
        assert f"services/{service.name}/{MESSAGING[language]}" in tree
    seams = [path for path, file in tree.items() if not file.owned]
    assert len(seams) == sum(len(service.entities) for service in shop().services)
    assert all(path.endswith(SEAMS[language]) for path in seams)


def test_a_language_that_is_not_generated_gets_a_clear_answer() -> None:
    with pytest.raises(UnsupportedLanguageError, match="validated, documented and contracted"):
        generate_system(shop("go"))


@pytest.mark.parametrize("service", ["order", "inventory"])
@pytest.mark.parametrize("broker", BrokerKind)
def test_a_service_has_the_adapter_of_its_broker_and_no_other(broker: BrokerKind, service: str) -> None:
    paths = list(generate_service(on_broker(read_example("shop"), broker), service))
    marks = {BrokerKind.RABBITMQ: "rabbitmq", BrokerKind.NATS: ("nats-", "jetstream"), BrokerKind.KAFKA: "kafka"}
    adapters = {kind for kind, mark in marks.items() for path in paths if PurePosixPath(path).name.startswith(mark)}
    assert adapters == {BrokerKind.RABBITMQ if broker is BrokerKind.NONE else broker}


def test_an_unknown_service_or_capability_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownServiceError, match="order"):
        generate_service(shop(), "ordre")
    with pytest.raises(UnknownCapabilityError, match="resilience"):
        files_of(generate_service(shop(), "order"), "speed")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_each_capability_has_files_in_every_service(capability: str, language: str) -> None:
    for service in shop().services:
        assert len(files_of(generate_service(shop(language), service.name), capability)) >= 3


@pytest.mark.parametrize(
    ("pattern", "variants"),
    [("^[A-Z]{2}-[0-9]{4}$", 8), ("^(foo|bar)[a-c]$", 6), ("^[^a]+x?$", 8), ("^a{3}$", 1), ("^[0-9]{1,3}(,[0-9]{3})*$", 8)],
)
def test_an_example_of_a_pattern_matches_it_and_its_variants_differ(pattern: str, variants: int) -> None:
    import re  # noqa: PLC0415 - only here

    found = {matching(pattern, variant) for variant in range(variants)}
    assert all(re.fullmatch(pattern[1:-1], each) for each in found)
    assert len(found) == variants


def test_unused_imports_go_and_used_ones_are_sorted_and_joined() -> None:
    source = "from __future__ import annotations\n\nfrom b import Z, a, UNUSED\nimport os\nfrom b import B\n\nx: Z = a(B, os)\n"
    assert tidy(source, package="shop") == "from __future__ import annotations\n\nimport os\n\nfrom b import B, Z, a\n\nx: Z = a(B, os)\n"
