"""What an agent reads and writes for each problem type, in tokens, against writing the same files by hand.

The traffic is the skill's front door and page, the list of tools, and the calls and answers of ``examples/transcripts/played``. Tokens are
those of o200k, counted offline by gpt-tokenizer; other vocabularies differ by some percent.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import yaml

from mcp import Client
from microservices_skill.app.generation import generate_system
from microservices_skill.mcp_server.server import build
from run import save

ROOT = Path(__file__).parents[1]
TRANSCRIPTS = ROOT / "examples/transcripts/played"
SKILL = ROOT / "skills/microservices-skill"
_COUNT = """
import { encode } from 'gpt-tokenizer';
import { text } from 'node:stream/consumers';
const texts = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(texts.map((each) => encode(each, { disallowedSpecial: new Set() }).length)));
"""


def main() -> None:
    """A row for what is read once, one for each problem type, and the whole way against its output."""
    listed = tool_list()
    front = (SKILL / "SKILL.md").read_text(encoding="utf-8")
    read_once = dict(zip(("tool list", "SKILL.md"), tokens([listed, front]), strict=True))
    rows: list[dict[str, object]] = [{"what": name, "tokens": count} for name, count in read_once.items()]
    spent = {}
    for path in sorted(TRANSCRIPTS.glob("*.yaml")):
        steps = yaml.safe_load(path.read_text(encoding="utf-8"))["steps"]
        page = (SKILL / f"references/{path.stem.partition('-')[0]}.md").read_text(encoding="utf-8")
        written = [json.dumps({key: value for key, value in step.items() if key != "answer"}) for step in steps]
        answers = [json.dumps(step["answer"], separators=(",", ":")) for step in steps if "answer" in step]
        spent[path.stem] = page_tokens, calls, read = tuple(sum(tokens(texts)) for texts in ([page], written, answers))
        rows.append({"what": path.stem, "page": page_tokens, "written": calls, "answers": read, "tokens": page_tokens + calls + read})
    generating = sum(tokens([json.dumps({"call": "generate_system"}), *last_answer("implementation")]))
    whole = sum(read_once.values()) + sum(spent["architecture"]) + spent["implementation"][0] + generating
    by_hand = sum(tokens(generated()))
    rows += [
        {"what": "design to running system: four services", "tokens": whole},
        {"what": "the same files written by hand (locks left out)", "tokens": by_hand, "ratio": round(by_hand / whole)},
    ]
    save("economy", rows)


def tool_list() -> str:
    """The answer to ``tools/list``, as a client hands it to a model."""

    async def listed() -> str:
        async with Client(build()) as client:
            tools = (await client.list_tools()).tools
        data = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in tools]
        return json.dumps(data, separators=(",", ":"))

    return asyncio.run(listed())


def last_answer(name: str) -> list[str]:
    """The last answer of a transcript."""
    steps = yaml.safe_load((TRANSCRIPTS / f"{name}.yaml").read_text(encoding="utf-8"))["steps"]
    return [json.dumps(steps[-1]["answer"], separators=(",", ":"))]


def generated() -> list[str]:
    """Every file of the shop that a person would write, without locks."""
    with tempfile.TemporaryDirectory() as folder:
        generate_system(Path(folder), ROOT / "examples/shop/architecture.yaml")
        files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file() and ".microservices-skill" not in path.parts)
        return [
            path.read_text(encoding="utf-8")
            for path in files
            if path.name not in ("package-lock.json", "requirements.txt", "requirements-dev.txt")
        ]


def tokens(texts: list[str]) -> list[int]:
    """How many tokens each text has."""
    command = ["node", "--input-type=module", "--eval", _COUNT]
    done = subprocess.run(command, cwd=ROOT / ".tools", input=json.dumps(texts), capture_output=True, text=True, check=True)
    found: list[int] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
