"""What jobs of workflows are put together from: steps, permissions, conditions, and their text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.brokers import RABBITMQ_IMAGE
from microservices_skill.deployment.compose import POSTGRES_IMAGE
from microservices_skill.deployment.pipelines.actions import action, with_releases
from microservices_skill.model.dumping import dump_plain

RUNNER = "ubuntu-24.04"
MAIN = "github.ref == 'refs/heads/main'"
READ: Block = {"contents": "read"}

REGISTRY: Block = {
    "REGISTRY_HOST": "${{ vars.REGISTRY_HOST || 'ghcr.io' }}",
    "REGISTRY": "${{ vars.REGISTRY || format('ghcr.io/{0}', github.repository_owner) }}",
}
"""Where images are kept; variables of the repository move it elsewhere."""

_TEST_SERVER = "zizmor: ignore[unpinned-images] for tests only, beside a job that can read and nothing else"
_REASONS = {
    "packages: read": "asks which images are there",
    "packages: write": "pushes the image",
    "id-token: write": "signs as this workflow",
    f"image: {POSTGRES_IMAGE}": _TEST_SERVER,
    f"image: {RABBITMQ_IMAGE}": _TEST_SERVER,
}


def using(name: str, title: str = "", *, when: str = "", given: Block | None = None, **more: Value) -> Block:
    """A step that uses an action."""
    return _step({"name": title, "id": more.pop("id", ""), "if": when, "uses": action(name), "with": given or {}, **more})


def running(title: str, *lines: str, when: str = "", env: Block | None = None, **more: Value) -> Block:
    """A step that runs a script. Whatever comes from outside reaches it through ``env``, never through its text."""
    script = "\n".join(lines) + ("\n" if len(lines) > 1 else "")
    return _step({"name": title, "id": more.pop("id", ""), "if": when, "env": env or {}, "run": script, **more})


def _step(parts: Block) -> Block:
    return {key: value for key, value in parts.items() if value not in ("", {})}


def checkout(**given: Value) -> Block:
    """The step that brings the code, and leaves no token behind."""
    return using("actions/checkout", given={"persist-credentials": False, **given})


def login(*, when: str = "") -> Block:
    """The step that opens the registry: with the workflow's own token, unless the repository has another."""
    return using(
        "docker/login-action",
        when=when,
        given={
            "registry": "${{ env.REGISTRY_HOST }}",
            "username": "${{ vars.REGISTRY_USER || github.actor }}",
            "password": "${{ secrets.REGISTRY_PASSWORD || github.token }}",
        },
    )


def job(steps: Sequence[Block], *, minutes: int, permissions: Block | None = None, **more: Value) -> Block:
    """A job with a limit of time and no more permissions than it needs."""
    limits: Block = {"runs-on": RUNNER, "timeout-minutes": minutes, "permissions": dict(READ if permissions is None else permissions)}
    return {**more, **limits, "steps": list(steps)}


def when(*claims: str) -> str:
    """A job's condition: nothing before it failed (what was skipped was not needed), and each claim holds."""
    return f"${{{{ {' && '.join(('!failure()', '!cancelled()', *claims))} }}}}"


def text(head: str, workflow: Block) -> str:
    """A workflow as text, as a person would write it: a line before each job, and a reason beside what needs one."""
    dumped = with_releases(_spaced(dump_plain(workflow)))
    for line, reason in _REASONS.items():
        dumped = dumped.replace(f" {line}\n", f" {line} # {reason}\n")
    return head + dumped


def _spaced(dumped: str) -> str:
    body, jobs, rest = dumped.partition("\njobs:\n")
    tops = re.sub(r"\n(?=[a-z'])", "\n\n", body)
    return f"{tops}\n{jobs}" + re.sub(r"\n(?=  [a-z][a-z0-9_-]*:\n)", "\n\n", rest)
