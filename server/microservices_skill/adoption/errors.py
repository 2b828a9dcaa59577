"""Why a capability cannot be added to a service that exists: each says what was looked for, and what to give."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.errors import SkillError


class NoServiceError(SkillError):
    """A folder that holds no service of a language that is supported."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{folder}: no service here; looked for fastapi in requirements.txt or pyproject.toml, and for @nestjs/core in package.json;"
            " give the folder of one service"
        )


class TwoServicesError(SkillError):
    """A folder that holds services of both languages."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"{folder}: has both fastapi and @nestjs/core; say which with --language, or give the folder of one service")


class MonorepoError(SkillError):
    """A folder of many packages."""

    def __init__(self, folder: str, sign: str) -> None:
        super().__init__(f"{folder}: is a workspace of many packages ({sign}); give the folder of one service in it")


class NoApplicationError(SkillError):
    """No file that makes the application."""

    def __init__(self, folder: str, looked_for: str, option: str) -> None:
        super().__init__(f"{folder}: no application found; looked for {looked_for}; name it with {option}")


class ManyApplicationsError(SkillError):
    """More than one application."""

    def __init__(self, folder: str, found: Sequence[str]) -> None:
        super().__init__(f"{folder}: more than one application ({', '.join(found)}); choose one with --app")


class UnfitApplicationError(SkillError):
    """An application that is made in a way that cannot be wired by lines."""

    def __init__(self, where: str, what: str, fix: str) -> None:
        super().__init__(f"{where}: {what}; {fix}")


class TakenFolderError(SkillError):
    """A folder of the person's own stands where the modules would go."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"{folder}: is there already and not ours; nothing is written, give another place with --into")


class UnknownPartError(SkillError):
    """A capability that does not exist."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no capability {name!r}; known: {', '.join(known)}")
