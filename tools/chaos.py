"""The proof by faults of the shop: ``make chaos``.

The shop as it is generated, with the rules that a person wrote for it, is broken under load and must lose nothing. Then
each mechanism that keeps it safe is taken away in turn, and the same proof must see it. Reports stay in ``out/chaos``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.generated.languages import Toolchains
from tests.generated.mutations import MUTATIONS
from tests.generated.seams import write_shop

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out" / "chaos"
COMMAND = str(Path(sys.executable).parent / "microservices-skill")
MUTANT = ("--requests", "120", "--kills", "6", "--patience", "30")


def main() -> int:
    """Run both; 0 where the shop holds and every mutation is seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["shop", "mutations"], help="one of the two parts")
    parser.add_argument("--requests", default="1000")
    parser.add_argument("--kills", default="20")
    parser.add_argument("--seed", default="1")
    chosen = parser.parse_args()
    path = os.pathsep.join([str(Toolchains().typescript.bin), os.environ["PATH"]])
    folder = OUT / "shop"
    is_fine = True
    if chosen.only != "mutations":
        fresh(folder)
        is_fine = run(folder, path, "--requests", chosen.requests, "--kills", chosen.kills, "--seed", chosen.seed)["ok"]
        shutil.copy(folder / ".run" / "chaos.json", OUT / "shop.json")
    for mutation in MUTATIONS if chosen.only != "shop" else ():
        fresh(folder)
        mutation.apply(folder)
        print(f"\nwithout {mutation.mechanism}:", flush=True)
        report = run(folder, path, *MUTANT, "--seed", chosen.seed)
        shutil.copy(folder / ".run" / "chaos.json", OUT / f"without-{mutation.mechanism.replace(' ', '-')}.json")
        broken = [each["name"] for each in report["checks"] if not each["holds"]]
        print(f"  {'seen' if broken else 'NOT SEEN'}: {'; '.join(broken)}", flush=True)
        is_fine = is_fine and bool(broken)
    return 0 if is_fine else 1


def fresh(folder: Path) -> None:
    """The shop as it is generated; what was installed stays."""
    folder.mkdir(parents=True, exist_ok=True)
    write_shop(folder)


def run(folder: Path, path: str, *options: str) -> dict[str, Any]:
    """The proof; its report."""
    report = folder / ".run" / "chaos.json"
    report.unlink(missing_ok=True)
    subprocess.run([COMMAND, "chaos", str(folder), *options], env={**os.environ, "PATH": path}, check=False)
    if not report.exists():
        sys.exit("the proof did not come to an end")
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main())
