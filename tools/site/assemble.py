"""Puts the documentation's sources together: ``python tools/site/assemble.py FOLDER``.

They are the pages of docs/, the skill's references, the changelog, and a reference made from the code: nothing of it is kept twice.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.site.reference import pages  # noqa: E402 - found by the line above

REFERENCES = ROOT / "skills" / "microservices-skill" / "references"
INCLUDED = "_included"
ALL_RULES = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
NO_POLICY = "# Security\n\nThere is no policy for reports yet: tell the authors in private, not in an issue that all can read.\n"


def assemble(target: Path) -> None:
    """Write every source below a folder, which is emptied before."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "docs", target, ignore=shutil.ignore_patterns("*.html"))
    for name, text in (_references() | _of_the_project() | pages()).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _references() -> dict[str, str]:
    """What an agent reads: a page for each problem type, to be included; the model's; the rules'."""
    found = {f"{INCLUDED}/{path.name}": _without_title(_read(path)) for path in REFERENCES.glob("*.md") if path.name != "model.md"}
    rules = {f"reference/rules/{path.name}": _read(path) for path in (REFERENCES / "rules").glob("*.md")}
    rules["reference/rules/README.md"] += ALL_RULES
    return found | rules | {"reference/model.md": _read(REFERENCES / "model.md")}


def _without_title(text: str) -> str:
    """A reference as a part of a page of docs/howto, which names its title itself; from there the model's page is elsewhere."""
    return text.split("\n", 1)[1].replace("](model.md", "](../reference/model.md")


def _of_the_project() -> dict[str, str]:
    policy = ROOT / "SECURITY.md"
    return {
        "changelog.md": _read(ROOT / "CHANGELOG.md"),
        "security.md": _read(policy) if policy.exists() else NO_POLICY,
        f"{INCLUDED}/layers.md": _section(_read(ROOT / "CONTRIBUTING.md"), "Layers"),
        f"{INCLUDED}/extending.md": _section(_read(ROOT / "CONTRIBUTING.md"), "How to add"),
        f"{INCLUDED}/packages.md": _table(_read(ROOT / "AGENTS.md")),
    }


def _section(text: str, title: str) -> str:
    """What stands below a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"tools/site/assemble.py: there is no section '{title}' any more: name the one that has its text now")
    return found[1].strip() + "\n"


def _table(text: str) -> str:
    return "".join(line + "\n" for line in text.splitlines() if line.startswith("|"))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
