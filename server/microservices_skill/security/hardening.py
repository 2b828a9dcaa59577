"""The checklist of a hardened system. Each item is a check of the generated files, as they stand on a disk, against the model.

To add one, write a function with ``@item`` here, in ``deployed`` or in ``workflows``: it yields what is wrong, with the file and
what to do; a test breaks it.
"""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Runtime
from microservices_skill.security import deployed, services, workflows
from microservices_skill.security.checklist import Item, Result, Site


def items() -> tuple[Item, ...]:
    """The checklist."""
    return (*services.ITEMS, *deployed.ITEMS, *workflows.ITEMS)


def harden(architecture: Architecture, files: Mapping[str, str]) -> tuple[Result, ...]:
    """Go through the list."""
    site = Site(architecture, files)
    return tuple(_result(each, site) for each in items())


def _result(item: Item, site: Site) -> Result:
    if not item.folder or site.paths(item.folder):
        return Result(item, tuple(item.check(site)))
    if item.folder == deployed.FOLDER and site.architecture.system.platform.runtime is Runtime.KUBERNETES:
        return Result(item, (f"{item.folder}: there are no manifests; generate them again",))
    return Result(item, (), unseen=f"there is nothing below {item.folder}")
