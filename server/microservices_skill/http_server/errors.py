"""Refusals to start, each with the setting, what is wrong with it and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.errors import SkillError

PREFIX = "MICROSERVICES_SKILL_HTTP_"


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{setting.upper()}"


class SettingError(SkillError):
    """A setting is missing or wrong."""

    def __init__(self, setting: str, what: str, fix: str) -> None:
        super().__init__(f"{variable(setting)}: {what}; {fix}")


class UnreadableSettingsError(SkillError):
    """Settings that are no values of their kind: pairs of a setting and what is wrong."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{variable(setting)}: {what}" for setting, what in faults))


class MissingPackagesError(SkillError):
    """What only the server over HTTP needs is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"serve --http: the package {package} is missing; pip install 'microservices-skill[http]'")


class PortError(SkillError):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"{host}:{port}: cannot listen: {reason}; give another --host or --port, or end what listens there")
