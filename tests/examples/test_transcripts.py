"""What an agent does for each problem type, played again; what people wrote is still there at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.transcripts import SCRIPTS, TRANSCRIPTS, Addition, transcript


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_agent_gets_the_answers_that_are_written_down(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path))
    assert transcript(name, tmp_path.resolve()) == (TRANSCRIPTS / f"{name}.yaml").read_text(encoding="utf-8"), "run make regen"
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "services").rglob("*") if path.is_file()]
    for step in SCRIPTS[name].given:
        if isinstance(step, Addition):
            assert any(step.new.strip().split()[-1] in text for text in written), step


def test_every_transcript_has_its_script() -> None:
    assert {path.stem for path in TRANSCRIPTS.glob("*.yaml")} == SCRIPTS.keys()
