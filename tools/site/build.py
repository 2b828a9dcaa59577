"""Builds the documentation: ``python tools/site/build.py FOLDER`` puts it into FOLDER/html; a warning is an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.site.assemble import assemble  # noqa: E402 - found by the line above

PYTHON = ROOT / ".tools" / "docs" / "bin" / "python"
STRICT = ("-b", "html", "-q", "--fail-on-warning", "--fresh-env", "--jobs", "2")


def build(target: Path) -> subprocess.CompletedProcess[str]:
    """Assemble the sources and build them; what Sphinx says is the answer's text."""
    sources, html = target / "source", target / "html"
    assemble(sources)
    return subprocess.run(
        [PYTHON, "-m", "sphinx", *STRICT, "-c", ROOT / "tools" / "site", "-d", target / "doctrees", sources, html],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    done = build(folder)
    print(done.stdout or f"wrote {folder / 'html' / 'index.html'}")
    sys.exit(done.returncode)
