"""Mermaid itself reads every diagram that is generated."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.generated.architectures import EXAMPLES, ROOT, read_case, read_example

from microservices_skill.diagrams.render import diagrams
from microservices_skill.model.architecture import Architecture

pytestmark = pytest.mark.slow

MODULES = ROOT / ".tools" / "node_modules"
CASES = sorted(path.stem for path in (ROOT / "tests" / "generated" / "cases").glob("*.yaml"))

PARSE = """\
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';
const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');
const faults = {};
for (const [name, text] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  await mermaid.parse(text).catch((error) => (faults[name] = error.message));
}
process.stdout.write(JSON.stringify(faults));
"""


def faults(texts: dict[str, str]) -> dict[str, str]:
    """What Mermaid does not understand, by the name of the diagram."""
    if not (MODULES / "mermaid").exists() or shutil.which("node") is None:
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail("mermaid is not installed; run make tools")
        pytest.skip("mermaid is not installed; run make tools")
    command = ["node", "--input-type=module", "--eval", PARSE]
    done = subprocess.run(command, cwd=MODULES.parent, input=json.dumps(texts), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def hostile(architecture: Architecture) -> Architecture:
    """The same with texts of people that mean something to Mermaid."""
    document = architecture.model_dump(by_alias=True)
    for each in document["services"]:
        each["responsibility"] = 'Keeps "all" <b>of</b> it; #1 (or [2]) {3} | 4 -->\nend %% x `y` \\'
    return Architecture.model_validate(document)


@pytest.mark.parametrize("name", [*EXAMPLES, *CASES])
def test_mermaid_reads_every_diagram(name: str) -> None:
    architecture = read_example(name) if name in EXAMPLES else read_case(name)
    found = diagrams(architecture)
    assert "trust-boundaries" in found
    assert faults(found) == {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_mermaid_reads_what_people_write_as_text(name: str) -> None:
    assert faults(diagrams(hostile(read_example(name)))) == {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_mermaid_reads_every_block_in_the_documents(name: str, systems: dict[str, Path]) -> None:
    found = {
        f"{path.relative_to(systems[name])} {index}": text
        for path in sorted((systems[name] / "docs").rglob("*.md"))
        for index, text in enumerate(re.findall(r"^```mermaid\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    }
    found |= {path.name: path.read_text(encoding="utf-8") for path in sorted((systems[name] / "docs").rglob("*.mmd"))}
    assert any("threat-model" in each for each in found)
    assert faults(found) == {}


def test_mermaid_says_what_it_does_not_understand() -> None:
    assert {*faults({"good": "flowchart LR\n  a --> b", "bad": "flowchart LR\n  a --> --> b"})} == {"bad"}
