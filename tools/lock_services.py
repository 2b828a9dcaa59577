"""Locks what generated FastAPI services install: one template for all brokers, with what only one needs under its flag."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
INPUTS = ROOT / "requirements"
OUTPUTS = ROOT / "templates" / "service-python"
BROKERS = ("rabbitmq", "nats", "kafka")
COMPILE = (
    "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-strip-extras",
)  # fmt: skip


def main() -> None:
    """Write both lock templates."""
    constraint: list[str] = []
    for source, name in (("service-python-dev.in", "requirements-dev.txt.jinja"), ("service-python.in", "requirements.txt.jinja")):
        with TemporaryDirectory() as scratch:
            locks = {broker: _compiled(source, broker, Path(scratch), constraint) for broker in BROKERS}
        constraint = constraint or sorted({line for lock in locks.values() for line in _pins(lock)})  # what runs is what was tested
        (OUTPUTS / name).write_text(_merged(locks), encoding="utf-8")


def _compiled(source: str, broker: str, scratch: Path, constraint: list[str]) -> dict[str, str]:
    """The lock of one broker: each requirement with its hashes."""
    output, pins = scratch / f"{broker}.txt", scratch / "pins.txt"
    pins.write_text("\n".join(constraint), encoding="utf-8")
    command = [*COMPILE, "--upgrade", "--constraint", str(pins), str(INPUTS / source), str(INPUTS / f"service-python-{broker}.in")]
    subprocess.run([*command, "--output-file", str(output)], check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
    entries = re.split(r"^(?=\S)", output.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {entry.splitlines()[0].removesuffix(" \\"): entry for entry in entries if entry}


def _pins(lock: dict[str, str]) -> list[str]:
    return [re.sub(r"\[[^]]*\]", "", line) for line in lock]


def _merged(locks: dict[str, dict[str, str]]) -> str:
    """One template: what all need as it is, the rest under the flag of each broker that needs it."""
    parts = []
    for line in sorted({line for lock in locks.values() for line in lock}):
        users = [broker for broker, lock in locks.items() if line in lock]
        entry = next(lock[line] for lock in locks.values() if line in lock)
        if len(users) == len(locks):
            parts.append(entry)
        else:
            parts += [f"{{% if broker.is_{broker} %}}\n{entry}{{% endif %}}\n" for broker in users]
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
