"""Whatever the model says, what is generated is valid, the same every time, and nothing breaks out of its quotes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from tests.codegen.strategies import TEXT, architectures

from microservices_skill.codegen.capabilities import CAPABILITIES, files_of
from microservices_skill.codegen.errors import UnknownCapabilityError, UnknownServiceError, UnsupportedLanguageError
from microservices_skill.codegen.generate import generate_service, generate_system
from microservices_skill.codegen.imports import tidy
from microservices_skill.codegen.quoting import md_text, py_str
from microservices_skill.codegen.views.examples import matching
from microservices_skill.contracts.render import for_service
from microservices_skill.errors import DocumentError
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop" / "architecture.yaml"


def shop() -> Architecture:
    return read_architecture(SHOP.read_text(encoding="utf-8"))[0]


def assert_parses(tree: FileTree) -> None:
    for path, file in tree.items():
        match Path(path).suffix:
            case ".py":
                compile(file.text, path, "exec", ast.PyCF_ONLY_AST)
            case ".toml":
                tomllib.loads(file.text)
            case ".json":
                json.loads(file.text)


@given(architectures())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_valid_model_makes_code_that_does_not_parse(document: dict[str, Any]) -> None:
    try:
        architecture, _ = read_architecture(yaml.safe_dump(document, allow_unicode=True))
    except DocumentError:
        assume(False)
        return
    service = architecture.services[0]
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


def test_every_service_of_the_shop_has_its_tests_and_its_seam() -> None:
    tree = generate_system(shop())
    for service in shop().services:
        assert f"services/{service.name}/tests/integration/test_messaging.py" in tree
    seams = [path for path, file in tree.items() if not file.owned]
    assert len(seams) == sum(len(service.entities) for service in shop().services)
    assert all(path.endswith("/rules.py") for path in seams)


def test_a_language_that_is_not_generated_yet_gets_a_clear_answer() -> None:
    text = SHOP.read_text(encoding="utf-8").replace("language: python", "language: typescript")
    with pytest.raises(UnsupportedLanguageError, match="validated, documented and contracted"):
        generate_system(read_architecture(text)[0])


def test_an_unknown_service_or_capability_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownServiceError, match="order"):
        generate_service(shop(), "ordre")
    with pytest.raises(UnknownCapabilityError, match="resilience"):
        files_of(generate_service(shop(), "order"), "speed")


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_each_capability_has_files_in_every_service(capability: str) -> None:
    for service in shop().services:
        assert len(files_of(generate_service(shop(), service.name), capability)) >= 3


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
