"""Locks what generated NestJS services install: one template for all brokers, with what only one needs under its flag.

What is locked stays locked; a package that ``package.json`` names anew is added. Delete the template to lock everything anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jinja2 import Environment, FileSystemLoader

from microservices_skill.codegen.views.brokers import broker_named
from microservices_skill.model.system import BrokerKind

ROOT = Path(__file__).parents[1]
TREE = ROOT / "templates" / "service-typescript"
LOCK = "package-lock.json.jinja"
BROKERS = (BrokerKind.RABBITMQ, BrokerKind.NATS, BrokerKind.KAFKA)
NAME = "service-to-be-named"


def main() -> None:
    """Write the lock template."""
    locks = {broker: _locked(broker) for broker in BROKERS}
    (TREE / LOCK).write_text(_merged(locks).replace(NAME, "{{ name }}"), encoding="utf-8")


def _locked(broker: BrokerKind) -> dict[str, Any]:
    """The lock of one broker."""
    environment = Environment(loader=FileSystemLoader(TREE), trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    view = {"name": NAME, "broker": broker_named(broker), "has_views": False, "has_streams": False}
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "package.json").write_text(environment.get_template("package.json.jinja").render(view), encoding="utf-8")
        if (TREE / LOCK).exists():
            (folder / "package-lock.json").write_text(environment.get_template(LOCK).render(view), encoding="utf-8")
        command = ["npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--no-fund", "--no-audit", "--silent"]
        subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    return found


def _merged(locks: dict[BrokerKind, dict[str, Any]]) -> str:
    """What all have as it is, the rest under the flag of each broker that has it; the order is that of npm."""
    first = next(iter(locks.values()))
    root = first["packages"][""]
    head = {key: value for key, value in first.items() if key != "packages"}
    own = {key: value for key, value in root.items() if key != "dependencies"}
    dependencies = _flagged({broker: lock["packages"][""]["dependencies"] for broker, lock in locks.items()}, 8)
    before = {key: own[key] for key in ("name", "version")}
    after = {key: value for key, value in own.items() if key not in before}
    packages = _flagged({broker: {key: each for key, each in lock["packages"].items() if key} for broker, lock in locks.items()}, 4)
    return (
        f'{{\n{_lines(head, 2)},\n  "packages": {{\n    "": {{\n{_lines(before, 6)},\n      "dependencies": {{\n{dependencies}      }},\n'
        f"{_lines(after, 6)}\n    }},\n{packages}  }}\n}}\n"
    )


def _lines(entries: dict[str, Any], indent: int) -> str:
    """Entries of an object as npm writes them, without its braces."""
    text = json.dumps(entries, indent=2, ensure_ascii=False)[2:-2]
    return "\n".join(" " * (indent - 2) + line for line in text.split("\n"))


def _flagged(entries: dict[BrokerKind, dict[str, Any]], indent: int) -> str:
    """Entries of the same object in the locks of all brokers; the last one is in all of them alike."""
    order: list[str] = []
    for each in entries.values():
        place = 0
        for key in each:
            if key not in order:
                order.insert(place, key)
            place = order.index(key) + 1
    parts = []
    for key in order:
        variants: dict[str, list[BrokerKind]] = {}
        for broker, each in entries.items():
            if key in each:
                variants.setdefault(_lines({key: each[key]}, indent), []).append(broker)
        comma = "" if key == order[-1] else ","
        for text, users in variants.items():
            if len(users) == len(entries):
                parts.append(f"{text}{comma}\n")
            else:
                parts += [f"{{% if broker.is_{broker} %}}\n{text}{comma}\n{{% endif %}}\n" for broker in users]
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
