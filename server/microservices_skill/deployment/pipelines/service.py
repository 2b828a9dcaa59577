"""The workflow of one service that has a repository of its own: tests, image, signature. The system's repository releases it."""

from __future__ import annotations

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.pipelines import checks, images, testing
from microservices_skill.deployment.pipelines.blocks import REGISTRY, running, text, when
from microservices_skill.deployment.pipelines.images import Build
from microservices_skill.model.system import BrokerKind, Language

HEAD = """\
# Generated: tests and image of this service, where it has a repository of its own. GitHub reads only the workflows at the root
# of a repository, so that beside the other services of a system this file does nothing.
"""


def workflow(system: str, service: str, language: Language, broker: BrokerKind) -> str:
    """The text of ``.github/workflows/service.yml``."""
    return text(HEAD, document(system, service, language, broker))


def document(system: str, service: str, language: Language, broker: BrokerKind) -> Block:
    """The workflow as data."""
    return released(system, service, testing.of_service(language, broker))


def released(system: str, service: str, test: Block) -> Block:
    """The workflow that tests with one job, and then builds, scans and signs."""
    build = Build(service, ".", f"{system}/{service}", "${{ steps.content.outputs.tree }}")
    content = running("Name its content", 'echo "tree=$(git rev-parse "HEAD^{tree}")" >> "$GITHUB_OUTPUT"', id="content")
    tests: Block = {"test": test, "scan": checks.scan(), "dependencies": checks.dependencies()}
    jobs: Block = {
        **tests,
        "image": _after([*tests], "image", images.ELSEWHERE, images.checked(build)),
        "publish": _after([*tests], "publish", images.ON_MAIN, images.published(build, content)),
    }
    jobs["verified"] = checks.verdict([each for each in jobs if each != "publish"])
    return {
        "name": service,
        "on": {"push": {"branches": ["main"]}, "pull_request": {}, "schedule": [{"cron": "23 4 * * 1"}], "workflow_dispatch": {}},
        "permissions": {},
        "concurrency": {"group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": f"${{{{ {checks.PULL_REQUEST} }}}}"},
        "defaults": {"run": {"shell": "bash"}},
        "env": dict(REGISTRY),
        "jobs": jobs,
    }


def _after(needs: list[str], title: str, claim: str, found: Block) -> Block:
    return {"name": title, "needs": list(needs), "if": when(claim), **found}
