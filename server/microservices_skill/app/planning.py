"""Reckons what a system has to carry, what it takes and what it costs."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.app.design import ASSUMPTIONS, read_assumptions, read_model
from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.report import Capacity
from microservices_skill.capacity.report import capacity as reckon
from microservices_skill.errors import SkillError
from microservices_skill.model.dumping import dump_plain
from microservices_skill.workspace.document import write_document

_ABOUT = """\
# Yours: what capacity is reckoned with beside the model and the answers. Change a figure and generate again; what you leave out
# keeps its default. Shares say how the peak divides: [{service: order, operation: placeOrder, percent: 30}]
"""


class AssumptionsExistError(SkillError):
    """There is a document already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: exists already; edit it, or remove it and run again for the defaults")


def capacity(source: Path, *, assumptions: Path | None = None) -> Capacity:
    """The capacity of an architecture; the assumptions are those beside it unless others are named.

    Raises:
        SkillError: a document cannot be read.

    """
    path = assumptions or source.parent / ASSUMPTIONS
    architecture = read_model(source)
    return reckon(architecture, read_assumptions(architecture, path, required=assumptions is not None))


def start_assumptions(source: Path) -> Path:
    """Write ``capacity.yaml`` with every default beside an architecture, for the team to change.

    Raises:
        AssumptionsExistError: it is there already.
        DiskError: the operating system refuses.

    """
    path = source.parent / ASSUMPTIONS
    if path.exists():
        raise AssumptionsExistError(path)
    write_document(path, _ABOUT + dump_plain(Assumptions().model_dump(mode="json", by_alias=True)))
    return path
