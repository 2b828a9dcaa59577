"""Generating the shop (services, tests, contracts, documents) against cookiecutter rendering as many files of the same sizes."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from run import save, tool

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples" / "shop"
ROUNDS = 5


def main() -> None:
    """Interleaved rounds, medians."""
    cookiecutter = tool("cookiecutter")
    with tempfile.TemporaryDirectory() as scratch:
        template = write_template(Path(scratch) / "template")
        commands = {
            "microservices-skill generate": lambda out: [
                str(Path(sys.executable).with_name("microservices-skill")), "generate", str(SHOP / "architecture.yaml"), "-o", str(out),
            ],
            "cookiecutter, as many files": lambda out: [str(cookiecutter), "--no-input", "-o", str(out), str(template)],
        }  # fmt: skip
        samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
        for number in range(ROUNDS):
            for name, command in commands.items():
                out = Path(scratch) / f"out-{number}-{name.split()[0].strip(',')}"
                out.mkdir()
                samples[name].append(measure(command(out)))
                files = sum(1 for path in out.rglob("*") if path.is_file())
                shutil.rmtree(out)
                assert files > 300, (name, files)
    peer = statistics.median(cpu for _, cpu, _ in samples["cookiecutter, as many files"])
    save(
        "generate",
        [
            {
                "command": name,
                "wall s": round(statistics.median(wall for wall, _, _ in found), 2),
                "CPU s": round(statistics.median(cpu for _, cpu, _ in found), 2),
                "peak MB": round(max(memory for _, _, memory in found)),
                "CPU ratio": round(statistics.median(cpu for _, cpu, _ in found) / peer, 2),
            }
            for name, found in samples.items()
        ],
    )


def write_template(folder: Path) -> Path:
    """The generated shop as a template: every file printed by Jinja, with the name of the system as its variable."""
    inner = folder / "{{ cookiecutter.name }}"
    for path in sorted((SHOP / "generated").rglob("*")):
        if path.is_file():
            target = inner / path.relative_to(SHOP / "generated")
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8")
            target.write_text("{# {{ cookiecutter.name }} #}{% raw %}" + text + "{% endraw %}\n{{ cookiecutter.name }}\n", encoding="utf-8")
    (folder / "cookiecutter.json").write_text('{"name": "shop"}\n', encoding="utf-8")
    return folder


def measure(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in MB of a process and its children."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, process.stderr.read().decode() if process.stderr else ""
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
