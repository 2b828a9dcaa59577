"""All benchmarks: ratios against a named peer, in one run, with CPU seconds and peak memory beside wall time.

``make bench`` runs them, prints a table each, and writes ``bench/results/*.json``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS = ("validate", "generate", "economy", "server", "http_server", "service", "saga")


def main() -> None:
    """Run what is named, or everything."""
    for part in sys.argv[1:] or PARTS:
        print(f"\n== {part}", flush=True)
        subprocess.run([sys.executable, HERE / f"{part}.py"], check=True, env={**os.environ, "PYTHONPATH": str(HERE.parent)})


def save(name: str, rows: list[dict[str, object]]) -> None:
    """Print rows as a table and keep them as JSON."""
    head = list(dict.fromkeys(key for row in rows for key in row))
    widths = [max(len(key), *(len(str(row.get(key, ""))) for row in rows)) for key in head]
    for line in (head, *([str(row.get(key, "")) for key in head] for row in rows)):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    target = HERE / "results" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def tool(name: str) -> Path:
    """A command of requirements/bench.txt, in an environment of its own."""
    home = HERE.parent / "out" / "bench-venv"
    lock = HERE.parent / "requirements" / "bench.txt"
    installed = home / "installed.txt"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "-qq", "--require-hashes", "-r", lock], check=True)
        shutil.copyfile(lock, installed)
    return home / "bin" / name


if __name__ == "__main__":
    main()
