"""What the generators refuse."""

from __future__ import annotations

from microservices_skill.errors import SkillError


class UnsupportedLanguageError(SkillError):
    """The model names a language for which no code is generated yet."""

    def __init__(self, service: str, language: str, supported: tuple[str, ...]) -> None:
        super().__init__(
            f"service {service!r} is written in {language}: it is validated, documented and contracted, but its code is generated"
            f" for {', '.join(supported)} only so far; set language: {supported[0]} or write it against its contracts"
        )


class UnknownServiceError(SkillError):
    """The architecture has no service of that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no service {name!r}; the architecture has {', '.join(known) or 'none'}")


class UnderivableError(SkillError):
    """The model does not say where a generated value comes from; validation names such places as errors too."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class UnknownCapabilityError(SkillError):
    """There is no capability of that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no capability {name!r}; choose all, {', '.join(known)}")
