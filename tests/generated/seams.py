"""What a person adds to generated services, in the files that are theirs: rules of trips, of stock and of payments."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from microservices_skill.app.generation import generate_system
from microservices_skill.model.system import Language

FOLDER = Path(__file__).parent / "written"
SHOP = Path(__file__).parents[2] / "examples" / "shop"
PLACES = {
    Language.PYTHON: ("rules.py", "src/trip/domains/trip/rules.py"),
    Language.TYPESCRIPT: ("trip.rules.ts", "src/domains/trip/trip.rules.ts"),
}


def let_trips_ask_for_vehicles(folder: Path, language: Language) -> None:
    """Write the rules of a generated trip service."""
    source, place = PLACES[language]
    assert (folder / place).exists(), f"the generator makes no {place} for people to write"
    shutil.copy(FOLDER / source, folder / place)


def write_shop(folder: Path) -> None:
    """The shop as it is generated, with the rules and the scenario that a person wrote for it."""
    with TemporaryDirectory() as scratch:
        generate_system(Path(scratch), SHOP / "architecture.yaml")
        shutil.copytree(scratch, folder, dirs_exist_ok=True)
    shutil.copytree(SHOP / "written", folder, dirs_exist_ok=True)
