"""Plays what an agent does for each problem type against the MCP server, and writes it down: ``make regen``.

``examples/transcripts/played/<problem>.yaml`` holds the calls, the answers as a model reads them, the edits in between, and what
stands in the workspace afterwards. The tests play them again; ``bench/economy.py`` counts their tokens.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp_types import TextContent

from mcp import Client
from microservices_skill.mcp_server.server import build
from microservices_skill.model.dumping import dump_plain

EXAMPLES = Path(__file__).parents[1] / "examples"
TRANSCRIPTS = EXAMPLES / "transcripts/played"
_ABOUT = "# Played by tools/transcripts.py against the MCP server (make regen); the tests play it again. Do not edit.\n"


@dataclass(frozen=True)
class Call:
    """A tool call of an agent."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Edit:
    """What an agent or a person writes in a file in place of ``old``, the first time it stands there or everywhere."""

    path: str
    old: str
    new: str
    everywhere: bool = False


@dataclass(frozen=True)
class Addition:
    """What an agent or a person adds at the end of a file, or writes where there is none."""

    path: str
    new: str


@dataclass(frozen=True)
class Keep:
    """What stands in a file is kept beside it under another name, as ``git show`` would get it."""

    path: str
    copy: str


Step = Call | Edit | Addition | Keep


@dataclass(frozen=True)
class Script:
    """What is there before, and what an agent does then."""

    given: tuple[Step, ...]
    steps: tuple[Step, ...]


def _answers() -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - a tool

    data = yaml.safe_load((EXAMPLES / "shop/answers.yaml").read_text(encoding="utf-8"))["answers"]
    return {key: value["text"] if isinstance(value, dict) else value for key, value in data.items()}


_MODEL = "architecture.yaml"
_DESIGNED = (Call("ask_questionnaire", {"answers": _answers()}), Call("propose_architecture"))
_SYSTEM = (*_DESIGNED, Call("generate_system"))
_ORDER = "services/order/src/domains/purchase-order/purchase-order"
_RULE = Addition(f"{_ORDER}.rules.ts", "\n// No order leaves the country yet: the carrier's contract covers the mainland only.\n")
_BILLING = (
    Addition("billing/requirements.txt", "fastapi\n"),
    Addition("billing/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
)
"""A service that was not generated."""

SCRIPTS = {
    "architecture": Script(
        (),
        (
            Call("ask_questionnaire"),
            Call("ask_questionnaire", {"answers": _answers()}),
            Call("propose_architecture"),
            Call("validate_architecture"),
            Call("render_adr"),
        ),
    ),
    "architecture-change": Script(
        (*_SYSTEM, _RULE),
        (
            Keep(_MODEL, "old.yaml"),
            Edit(
                _MODEL,
                "          - type: email\n",
                "          - type: text\n            name: gift_note\n            required: false\n          - type: email\n",
            ),
            Call("validate_architecture", {"against": "old.yaml"}),
            Call("change_architecture", {"against": "old.yaml"}),
            Call(
                "change_architecture",
                {
                    "against": "old.yaml",
                    "title": "Orders carry gift notes",
                    "why": "One order in ten is a present.",
                    "supersedes": ["ADR-002"],
                },
            ),
            Call("generate_system"),
        ),
    ),
    "implementation": Script(
        (*_SYSTEM, _RULE, Addition("services/inventory/src/inventory/domains/stock_item/rules.py", "\n# A StockItem is never split.\n")),
        (
            Edit(
                _MODEL,
                "          - type: email\n",
                "          - type: text\n            name: gift_note\n            required: false\n          - type: email\n",
            ),
            Edit(_MODEL, "StockItem\n", "Article\n", everywhere=True),
            Edit(_MODEL, "      - name: Article\n", "      - name: Article\n        formerly: StockItem\n"),
            Call("validate_architecture"),
            Call("generate_system", {"preview": True}),
            Call("generate_system"),
        ),
    ),
    "resilience": Script(
        (*_SYSTEM, _RULE, *_BILLING),
        (
            Edit(_MODEL, "    timeout: 3s\n", "    timeout: 2s\n"),
            Call("validate_architecture"),
            Call("generate_service", {"service": "notification", "capability": "resilience"}),
            Call("add_capability", {"service_folder": "billing", "capability": "resilience"}),
        ),
    ),
    "observability": Script(
        (*_SYSTEM, _RULE),
        (
            Edit(_MODEL, "      p99: 150ms\n", "      p99: 120ms\n"),
            Call("validate_architecture"),
            Call("generate_system", {"preview": True}),
            Call("generate_system"),
        ),
    ),
    "testing": Script(
        (*_SYSTEM, Addition("services/order/vitest.config.ts", "// Ours: slower machines.\n")),
        (
            Call("generate_service", {"service": "order", "capability": "testing", "preview": True}),
            Call("generate_service", {"service": "order", "capability": "testing"}),
        ),
    ),
    "deployment": Script(
        (*_SYSTEM, Addition("services/order/Dockerfile", "# Ours\n")),
        (
            Edit(_MODEL, "    slo:\n      p99: 150ms\n", "    replicas: 3\n    slo:\n      p99: 150ms\n"),
            Call("validate_architecture"),
            Call("generate_system", {"preview": True}),
            Call("generate_system"),
        ),
    ),
    "security": Script(
        (*_SYSTEM, _RULE),
        (
            Edit(_MODEL, "scope: notices:write\n", "scope: notices:admin\n"),
            Call("validate_architecture"),
            Call("generate_system", {"preview": True}),
            Call("generate_system"),
        ),
    ),
    "migration": Script(
        (Call("ask_questionnaire", {"answers": _answers()}),),
        (
            Addition("monolith.yaml", (EXAMPLES / "monolith/monolith.yaml").read_text(encoding="utf-8")),
            Call("plan_migration"),
            Edit("monolith.yaml", "    value: 4\n    changes: 8\n", "    stays: true\n"),
            Call("plan_migration"),
            Call("propose_architecture", {"draft_file": "migration/draft.yaml"}),
            Call("plan_migration"),
            Call("generate_service", {"service": "review"}),
        ),
    ),
}


def play(script: Script, root: Path) -> list[dict[str, Any]]:
    """What happens, step by step; an answer is the text that a model reads, without the path of the workspace."""
    os.environ["MICROSERVICES_SKILL_ROOT"] = str(root)
    return asyncio.run(_play(script, root))


async def _play(script: Script, root: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    async with Client(build()) as client:
        for number, step in enumerate((*script.given, *script.steps)):
            match step:
                case Edit():
                    _edit(root / step.path, step)
                    record: dict[str, Any] = {"edit": step.path, "old": step.old, "new": step.new}
                case Addition():
                    (root / step.path).parent.mkdir(exist_ok=True)
                    with (root / step.path).open("a", encoding="utf-8") as file:
                        file.write(step.new)
                    record = {"edit": step.path, "added": step.new}
                case Keep():
                    (root / step.copy).write_bytes((root / step.path).read_bytes())
                    record = {"keep": step.path, "as": step.copy}
                case Call():
                    result = await client.call_tool(step.tool, step.arguments)
                    text = "".join(part.text for part in result.content if isinstance(part, TextContent))
                    record = {"call": step.tool, "arguments": step.arguments, "answer": json.loads(text.replace(str(root), "."))}
            if number >= len(script.given):
                told.append(record)
    return told


def _edit(path: Path, step: Edit) -> None:
    text = path.read_text(encoding="utf-8")
    if step.old not in text:
        raise SystemExit(f"{step.path} does not say {step.old!r} any more; mend the script")
    path.write_text(text.replace(step.old, step.new, -1 if step.everywhere else 1), encoding="utf-8")


def transcript(name: str, root: Path) -> str:
    """A whole transcript as it is committed."""
    steps = play(SCRIPTS[name], root)
    files = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    folders = Counter(path.partition("/")[0] for path in files if not path.startswith(".microservices-skill/"))
    return _ABOUT + dump_plain({"problem": name, "steps": steps, "tree": dict(sorted(folders.items()))})


def main() -> None:
    """Write them all."""
    TRANSCRIPTS.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        with tempfile.TemporaryDirectory() as folder:
            (TRANSCRIPTS / f"{name}.yaml").write_text(transcript(name, Path(folder).resolve()), encoding="utf-8")


if __name__ == "__main__":
    main()
