import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.contracts.samples import SHOP

from microservices_skill.cli import main

ROOT = Path(__file__).parents[2]
COMMANDS = [
    "add",
    "adr",
    "ask",
    "capacity",
    "change",
    "chaos",
    "completion",
    "contracts",
    "diagram",
    "doctor",
    "explore",
    "generate",
    "harden",
    "install",
    "issuer",
    "plan-migration",
    "propose",
    "rules",
    "schema",
    "serve",
    "token",
    "trace",
    "up",
    "validate",
    "watch",
]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "architecture.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_commands_are_the_documented_ones():
    assert sorted(main.list_commands(click.Context(main))) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_a_sound_design_exits_with_0(source: Path):
    result = run("validate", str(source))
    assert result.exit_code == 0
    assert "sound" in result.stdout
    assert "\x1b[" not in result.stdout


def test_findings_of_severity_error_exit_with_1(source: Path):
    source.write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
    result = run("validate", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["counts"]["error"] >= 1


def test_a_refusal_goes_to_stderr_without_a_traceback_and_exits_with_1(source: Path):
    source.write_text("a: [1\n", encoding="utf-8")
    result = run("generate", str(source))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {source}:2:1 /: not valid YAML")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["generate", "--capability", "magic"], ["generate", "--capability", "security"], ["add", "magic"]]
)
def test_wrong_usage_exits_with_2(source: Path, arguments: list[str]):
    assert run(*arguments).exit_code == 2
    assert source.exists()


def test_a_capability_is_added_and_the_steps_are_told(source: Path):
    service = source.parent / "legacy"
    service.mkdir()
    (service / "requirements.txt").write_text("fastapi\n", encoding="utf-8")
    (service / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n", encoding="utf-8")
    result = run("add", "observability", "legacy")
    assert result.exit_code == 0, result.output
    assert "install: python -m pip install " in result.stdout
    assert "add the lines: git apply service_platform/wiring.patch" in result.stdout
    assert json.loads(run("add", "observability", "legacy", "--json").stdout)["counts"].keys() == {"unchanged"}
    (service / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    refused = run("add", "deployment", "legacy")
    assert refused.exit_code == 1
    assert "conflict: Dockerfile: a file that was not generated stands where one would be" in refused.stdout
    assert not (service / "deploy").exists()
    assert run("add", "deployment", "legacy", "--ours", "Dockerfile").exit_code == 0
    assert (service / "Dockerfile").read_text(encoding="utf-8") == "FROM scratch\n"
    empty = run("add", "resilience", str(source.parent / "nothing"))
    assert (empty.exit_code, "is no folder" in empty.stderr) == (1, True)


@pytest.mark.usefixtures("source")
def test_a_missing_document_says_what_to_do():
    result = run("validate", "nowhere.yaml")
    assert result.exit_code == 1
    assert "there is no such file; check the path" in result.stderr


def test_what_breaks_callers_of_an_older_version_is_found_with_its_line(source: Path):
    old = source.parent / "old.yaml"
    old.write_text(SHOP, encoding="utf-8")
    assert run("validate", "--against", "old.yaml").exit_code == 0
    source.write_text(SHOP.replace("- {name: total, type: money, minimum: 0}", "- {name: total, type: integer}"), encoding="utf-8")
    result = run("validate", "--against", "old.yaml", "--json")
    assert result.exit_code == 1
    found = {finding["rule"]: finding for finding in json.loads(result.stdout)["findings"]}
    broken = found["breaking-event-change"]
    assert "total changed its type from money to integer; make it version 3 and keep version 2 beside it" in broken["message"]
    assert '- {"name": "OrderPlaced"' in broken["message"]
    assert "- {name: total" in source.read_text(encoding="utf-8").splitlines()[broken["line"] - 1]
    assert "breaking-event-change" in run("validate", "--against", "old.yaml").stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "old.yaml: there is no such file"),
        (b"\xff\xfe", "old.yaml: is not UTF-8"),
        (b"a: [1\n", "old.yaml:2:1 /: not valid YAML"),
        (b"openapi: 3.1.0\n", "old.yaml:1"),
        (b"- a\n", "old.yaml:1"),
    ],
)
def test_an_older_version_that_cannot_be_read_is_named(source: Path, content: bytes | None, message: str):
    if content is not None:
        (source.parent / "old.yaml").write_bytes(content)
    result = run("validate", "--against", "old.yaml")
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_service_is_generated_where_it_is_asked_for(source: Path):
    result = run("generate", str(source), "-o", "out", "--service", "order", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["written"] is True
    assert (source.parent / "out/services/order/README.md").is_file()


def test_a_preview_writes_nothing(source: Path):
    result = run("generate", str(source), "-o", "out", "--service", "order", "--preview")
    assert result.exit_code == 0
    assert "would write" in result.stdout
    assert not (source.parent / "out").exists()


def test_contracts_schema_and_rules_are_readable_by_a_program(source: Path):
    assert json.loads(run("contracts", str(source), "--json").stdout)["counts"] == {"create": 9}
    assert json.loads(run("schema").stdout)["title"] == "Architecture"
    assert {rule["severity"] for rule in json.loads(run("rules", "--json").stdout)} == {"error", "warning", "info"}


@pytest.mark.parametrize("command", [["validate"], ["generate", "--service", "order", "--preview"], ["schema"], ["rules"], ["--help"]])
@pytest.mark.usefixtures("source")
def test_commands_that_do_not_serve_never_import_mcp(command: list[str]):
    script = (
        "import sys; from microservices_skill.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print('IMPORTED', [name for name in ('mcp', 'mcp_types', 'httpx2') if name in sys.modules], file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "server")}
    done = subprocess.run(
        [sys.executable, "-c", script, *command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "IMPORTED []" in done.stderr


def test_answers_are_kept_and_what_is_missing_exits_with_1(source: Path):
    result = run("ask", "--set", "users=about 20k", "--set", "domain=an online shop", "--json")
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)
    assert found["status"] == "needs_answers"
    assert "domain" not in found["missing"]
    assert "about 20k" in (source.parent / "answers.yaml").read_text(encoding="utf-8")


@pytest.mark.usefixtures("source")
def test_an_answer_with_an_unknown_key_is_refused_with_the_known_ones():
    result = run("ask", "--set", "usrs=7")
    assert result.exit_code == 1
    assert "known keys: domain" in result.stderr


@pytest.mark.usefixtures("source")
def test_nothing_is_proposed_while_required_answers_are_missing():
    run("ask", "--set", "domain=an online shop")
    result = run("propose", "-o", "proposed.yaml")
    assert result.exit_code == 1
    assert "lacks" in result.stderr
    assert not Path("proposed.yaml").exists()


def test_what_the_system_refuses_is_explained(tmp_path: Path):
    result = CliRunner().invoke(main, ["ask", "--answers", str(tmp_path / ("x" * 300)), "--set", "domain=a shop"])
    assert result.exit_code == 1
    assert "the path is too long" in result.stderr
