"""Writes ``examples/*/generated`` anew: ``make regen``. CI fails where the committed files differ."""

from __future__ import annotations

import shutil
from pathlib import Path

from microservices_skill.app.generation import generate_system

EXAMPLES = Path(__file__).parents[1] / "examples"
GOLDEN = ("shop",)
"""Whose output is committed; the others are generated and run in the slow tests."""


def main() -> None:
    """Regenerate from nothing, so that what is no longer generated goes."""
    for name in GOLDEN:
        target = EXAMPLES / name / "generated"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        writing = generate_system(target, EXAMPLES / name / "architecture.yaml")
        print(f"{name}: {writing}"[:200])


if __name__ == "__main__":
    main()
