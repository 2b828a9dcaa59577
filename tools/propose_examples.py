"""Proposes every example's architecture from its answers anew: ``make regen``."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.model.dumping import dump
from microservices_skill.proposal.propose import propose
from microservices_skill.questionnaire.answers import read_answers

EXAMPLES = Path(__file__).parents[1] / "examples"
HEADER = "The one source of the system: edit it, validate it, generate from it."


def proposed(folder: Path) -> str:
    """The architecture that an example's answers lead to, as YAML."""
    source = folder / "answers.yaml"
    answers = read_answers(source.read_text(encoding="utf-8"), source=str(source))
    return dump(propose(answers).architecture, header=HEADER)


def main() -> None:
    """Write them all."""
    for answers in sorted(EXAMPLES.glob("*/answers.yaml")):
        (answers.parent / "architecture.yaml").write_text(proposed(answers.parent), encoding="utf-8")


if __name__ == "__main__":
    main()
