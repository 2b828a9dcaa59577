"""Builds the explorer page's code: ``make explorer`` installs what it needs and runs this.

``templates/explorer/explorer.js`` is made of ``tools/explorer/src`` by esbuild, checked by tsc and prettier; ``vendor/`` holds what
is taken as it is from packages that ``tools/explorer/package-lock.json`` pins. ``--check`` writes nothing and fails where something
differs.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "tools" / "explorer"
INSTALLED = ROOT / ".tools" / "explorer"
TARGET = ROOT / "templates" / "explorer"
VENDORED = {
    "vendor/elk.bundled.js": "elkjs/lib/elk.bundled.js",
    "vendor/elkjs-LICENSE.md": "elkjs/LICENSE.md",
    "vendor/d3-zoom-LICENSE": "d3-zoom/LICENSE",
}
_BANNER = "/* Made of tools/explorer/src by `make explorer`: do not edit. With d3-zoom and the d3 modules that it stands on:\n{licence}\n*/"


def bundle() -> bytes:
    """The page's code as one script, the same bytes each time."""
    packages = INSTALLED / "node_modules"
    licence = (packages / "d3-zoom" / "LICENSE").read_text(encoding="utf-8").strip()
    command = [
        str(packages / ".bin" / "esbuild"),
        "src/main.ts",
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2022",
        "--log-level=warning",
        f"--banner:js={_BANNER.format(licence=licence)}",
    ]
    return _run(command)


def check() -> None:
    """Have tsc and prettier read the sources.

    Raises:
        SystemExit: one finds a fault.

    """
    tools = INSTALLED / "node_modules" / ".bin"
    _run([str(tools / "tsc"), "--project", "tsconfig.json"])
    _run([str(tools / "prettier"), "--config", ".prettierrc.json", "--check", "src", str(TARGET / "explorer.css")])


def wanted() -> dict[str, bytes]:
    """Every file below ``templates/explorer`` that is made or taken, by its path there."""
    taken = {path: (INSTALLED / "node_modules" / source).read_bytes() for path, source in VENDORED.items()}
    return {"explorer.js": bundle()} | taken


def main() -> None:
    """Check the sources, then write what differs, or say so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something differs")
    is_check = parser.parse_args().check
    check()
    changed = [path for path, content in wanted().items() if not (TARGET / path).exists() or (TARGET / path).read_bytes() != content]
    if is_check and changed:
        sys.exit(f"not current: {', '.join(changed)}; run `make explorer`")
    for path in changed:
        (TARGET / path).parent.mkdir(parents=True, exist_ok=True)
        (TARGET / path).write_bytes(wanted()[path])
        print(f"wrote {TARGET.relative_to(ROOT) / path}")


def _run(command: list[str]) -> bytes:
    """What a tool prints; it works where the packages are, on a copy of the sources."""
    shutil.copytree(SOURCES, INSTALLED, dirs_exist_ok=True)
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:1])}:\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


if __name__ == "__main__":
    main()
