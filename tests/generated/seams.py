"""What a person adds to a generated service, in its own files: the rules of the fleet's trips ask the vehicle service."""

from __future__ import annotations

import shutil
from pathlib import Path

from microservices_skill.model.system import Language

FOLDER = Path(__file__).parent / "written"
PLACES = {
    Language.PYTHON: ("rules.py", "src/trip/domains/trip/rules.py"),
    Language.TYPESCRIPT: ("trip.rules.ts", "src/domains/trip/trip.rules.ts"),
}


def let_trips_ask_for_vehicles(folder: Path, language: Language) -> None:
    """Write the rules of a generated trip service."""
    source, place = PLACES[language]
    assert (folder / place).exists(), f"the generator makes no {place} for people to write"
    shutil.copy(FOLDER / source, folder / place)
