"""A service that this tool did not generate, as far as a capability must know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from microservices_skill.model.system import Language

Sources = Mapping[str, str]
"""The texts of a service's files that can say what it is, by path below its folder."""


class Installer(StrEnum):
    """What installs packages."""

    PIP = "pip"
    UV = "uv"
    POETRY = "poetry"
    NPM = "npm"
    PNPM = "pnpm"
    YARN = "yarn"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says of a service, where it is not to be found out; empty: find it out."""

    language: str = ""
    app: str = ""
    port: int = 0
    into: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Starter:
    """A service: where its application is made, what it is called, and where modules go.

    ``main`` is the file that makes the application ``app``; ``root`` is the folder that its modules are imported from.
    ``module`` is the dotted name of ``main`` (Python), or the file of the root module (NestJS). ``folder`` and ``package``
    are the place of the modules that are added.
    """

    name: str
    language: Language
    installer: Installer
    main: str
    app: str
    root: str
    module: str
    folder: str
    package: str
    port: int
    suffix: str = ""
    """What relative imports end with."""
    manifest: str = ""
    """The file that lists its packages."""
