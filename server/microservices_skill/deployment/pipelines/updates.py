"""What Dependabot keeps up to date: the packages and images of every service, and the actions of the workflows."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.pipelines.facts import Facts
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.system import Language

_HEAD = "# Generated: one pull request a week for each kind of dependency; what is newer than a week waits until others have tried it.\n"
_ECOSYSTEM = {Language.TYPESCRIPT: "npm", Language.PYTHON: "pip"}


def of_system(facts: Facts) -> str:
    """The text of ``.github/dependabot.yml`` at the root of a system."""
    packages = [_update(_ECOSYSTEM[each], [f"/{place.folder}" for place in facts.of(each)]) for each in facts.languages]
    images = [_update("docker", [f"/{place.folder}" for place in facts.built])] if facts.built else []
    return _text([*packages, *images, _update("docker-compose", ["/"]), _update("github-actions", ["/"])])


def of_service(language: Language) -> str:
    """The same for a service that has a repository of its own."""
    return _text([_update(each, ["/"]) for each in (_ECOSYSTEM[language], "docker", "github-actions")])


def _update(ecosystem: str, folders: Sequence[str]) -> Block:
    where: Block = {"directory": folders[0]} if len(folders) == 1 else {"directories": list(folders)}
    waits: Block = {"cooldown": {"default-days": 7}}
    groups: Block = {"groups": {ecosystem: {"patterns": ["*"]}}}
    return {"package-ecosystem": ecosystem, **where, "schedule": {"interval": "weekly"}, **waits, **groups}


def _text(updates: Sequence[Block]) -> str:
    found: list[Value] = list(updates)
    return _HEAD + dump_plain({"version": 2, "updates": found})
