"""The workflow of one service that this tool did not generate: its own checks, its image, and the signature."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.pipelines import service, testing
from microservices_skill.deployment.pipelines.blocks import checkout, job, running, text, using
from microservices_skill.model.system import Language

NODE_VERSION = "24"
_HEAD = "# Generated: the service's own checks on every change; its image, built, scanned, and on the main branch pushed and signed.\n"


def workflow(name: str, language: Language, commands: Sequence[tuple[str, str]]) -> str:
    """The text of ``.github/workflows/service.yml``; ``commands`` are titles with what is run under them, in order."""
    steps = [checkout(), _toolchain(language), *(running(title, command, env=testing.SERVERS) for title, command in commands)]
    tests: Block = {"name": "test", "services": testing.services(), **job(steps, minutes=30)}
    return text(_HEAD, service.released(name, name, tests))


def _toolchain(language: Language) -> Block:
    if language is Language.TYPESCRIPT:
        return using("actions/setup-node", given={"node-version": NODE_VERSION, "cache": "npm"})
    return using("actions/setup-python", given={"python-version": testing.PYTHON_VERSION, "cache": "pip"})
