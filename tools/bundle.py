"""Packs the MCP bundle: what the server needs, and nothing else of this folder. ``make bundle``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTENT = ("LICENSE", "README.md", "manifest.json", "pyproject.toml", "server", "skills/microservices-skill", "templates")
MCPB = ROOT / ".tools/node_modules/.bin/mcpb"


def main(target: Path) -> None:
    """Pack what is under version control into ``target``."""
    listed = subprocess.run(["git", "ls-files", "-z", *CONTENT], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in filter(None, listed.split("\0")):
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, Path(folder) / name)
        subprocess.run([MCPB, "pack", folder, target.resolve()], check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist/microservices-skill.mcpb")
