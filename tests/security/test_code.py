"""Scanners of code find nothing in generated services that is not explained, and do find what somebody plants."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.generated.architectures import ROOT
from tests.security.scanning import scanned, write_example

pytestmark = pytest.mark.slow

MODULES = ROOT / ".tools" / "node_modules"
CONFIGURATION = """\
import security from 'eslint-plugin-security';
import parser from '@typescript-eslint/parser';

const rules = Object.fromEntries(Object.keys(security.rules).map((name) => [`security/${name}`, 'error']));
export default [{ files: ['**/*.ts'], languageOptions: { parser }, plugins: { security }, rules }];
"""


@dataclass(frozen=True)
class Harmless:
    """What a scanner takes for a fault, in lines that look like this, and why it is none."""

    rule: str
    line: str
    why: str

    def covers(self, rule: str, line: str) -> bool:
        """Whether a finding is this."""
        return rule == self.rule and re.search(self.line, line) is not None


PYTHON = (Harmless("B311", r"random\.(uniform|random)\(", "jitter of pauses, which nobody needs to be kept from guessing"),)
TYPESCRIPT = (
    Harmless("security/detect-object-injection", ".", "keys are typed, and tables are made by this code: the compiler refuses others"),
    Harmless("security/detect-possible-timing-attacks", r"token === undefined", "it asks whether there is a token, not which"),
    Harmless("security/detect-non-literal-regexp", r"new RegExp\(|pattern", "expressions of the model and of routes, never of a request"),
    Harmless(
        "security/detect-unsafe-regex",
        r"/\^",
        "anchored, and no text can be split in two ways: time grows with length alone",
    ),
    Harmless(
        "security/detect-non-literal-fs-filename",
        r"readFileSync\(path, 'utf8'\)",
        "certificates and keys, whose paths the operator sets; no request says one",
    ),
)


@pytest.fixture(scope="module", params=["fleet", "shop"])
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_example(request.param, tmp_path_factory.mktemp(request.param))


def by_bandit(folder: Path) -> list[tuple[str, str]]:
    """What bandit finds outside tests, which assert: the rule and the line."""
    sources = [str(each) for each in sorted(folder.glob("services/*/src")) if any(each.rglob("*.py"))]
    found = json.loads(scanned(folder, "bandit", "--quiet", "--recursive", "--format", "json", *sources).stdout)
    assert found["errors"] == []
    return [(each["test_id"], _line(Path(each["filename"]), each["line_number"])) for each in found["results"]]


def by_eslint(folder: Path) -> list[tuple[str, str]]:
    """What eslint-plugin-security finds outside tests."""
    if not (MODULES / "eslint-plugin-security").exists():
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail("eslint-plugin-security is not installed; run make tools")
        pytest.skip("eslint-plugin-security is not installed; run make tools")
    (folder / "eslint.config.mjs").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "node_modules").symlink_to(MODULES)
    try:
        command = [str(MODULES / ".bin" / "eslint"), "--no-inline-config", "--format", "json", "services/*/src/**/*.ts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600, stdin=subprocess.DEVNULL)
        assert done.returncode in (0, 1), done.stderr[-3000:]
    finally:
        (folder / "node_modules").unlink()
    return [
        (message["ruleId"] or message["message"], _line(Path(each["filePath"]), message["line"]))
        for each in json.loads(done.stdout)
        for message in each["messages"]
    ]


def _line(path: Path, number: int) -> str:
    return path.read_text(encoding="utf-8").splitlines()[number - 1]


def test_bandit_finds_nothing_that_is_not_explained(tree: Path):
    assert [each for each in by_bandit(tree) if not any(known.covers(*each) for known in PYTHON)] == []


def test_eslint_finds_nothing_that_is_not_explained(tree: Path):
    assert [each for each in by_eslint(tree) if not any(known.covers(*each) for known in TYPESCRIPT)] == []


def test_what_somebody_plants_is_found(tmp_path: Path):
    folder = write_example("fleet", tmp_path)
    python = folder / "services" / "trip-python" / "src" / "trip" / "planted.py"
    python.write_text("import subprocess\n\n\ndef run(text: str) -> None:\n    subprocess.run(text, shell=True)\n", encoding="utf-8")
    typescript = folder / "services" / "trip-typescript" / "src" / "planted.ts"
    said = "import { exec } from 'node:child_process';\n\nexport const run = (text: string): unknown => exec(text) && eval(text);\n"
    typescript.write_text(said, encoding="utf-8")
    assert "B602" in {rule for rule, _ in by_bandit(folder)}
    assert {"security/detect-child-process", "security/detect-eval-with-expression"} <= {rule for rule, _ in by_eslint(folder)}
