"""The workflow of a whole system: what has changed is tested, built, scanned and signed; then released step by step."""

from __future__ import annotations

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.pipelines import checks, delivery, images, testing
from microservices_skill.deployment.pipelines.blocks import REGISTRY, checkout, job, login, running, text, when
from microservices_skill.deployment.pipelines.facts import Facts

HEAD = """\
# Generated: tests, images and releases of the system. Settings are variables and secrets of the repository and its environments:
#   DEPLOY                            true: releases to the environments staging and production; unset: nothing is released
#   KUBE_CONFIG (secret)              of each environment: who may apply deploy/kubernetes/overlays/<environment>
#   PROMETHEUS, PROMETHEUS_SELECTOR   of each environment: https://... or kubernetes://NAMESPACE/SERVICE:PORT; namespace="..."
#   REGISTRY_HOST, REGISTRY           where images are kept, else GitHub's; with REGISTRY_USER and REGISTRY_PASSWORD (secret)
#   DEPENDENCY_REVIEW                 off: where GitHub has no dependency graph for the repository
"""

_MODES = (
    'case "$EVENT:$REBUILD" in',
    '  pull_request:*) python3 deploy/scripts/changes.py --against "origin/$BASE" ;;',
    "  schedule:* | *:true) python3 deploy/scripts/changes.py --all ;;",
    '  *) python3 deploy/scripts/changes.py --registry "$REGISTRY" ;;',
    'esac >> "$GITHUB_OUTPUT"',
)


def workflow(facts: Facts, *, is_on_kubernetes: bool, language: str = "") -> str:
    """The text of ``.github/workflows/system.yml``; ``language`` is what the system is generated in, whatever its model says."""
    skipped = "".join(
        f"# {each.name} is written in {each.language}: its team tests and builds it in a workflow of its own.\n" for each in facts.others
    )
    return text(HEAD + skipped, document(facts, is_on_kubernetes=is_on_kubernetes, language=language))


def document(facts: Facts, *, is_on_kubernetes: bool, language: str = "") -> Block:
    """The workflow as data."""
    jobs: Block = {"contracts": checks.contracts(language), "scan": checks.scan(), "dependencies": checks.dependencies()}
    if facts.built:
        tests: Block = {f"test-{each}": testing.of_system(each, facts.broker) for each in facts.languages}
        before = [*jobs, "changes", *tests]
        jobs = {"changes": _changes(facts), **tests, **jobs, "image": _image(before), "publish": _publish(before)}
    jobs["verified"] = checks.verdict([each for each in jobs if each != "publish"])
    if facts.built and is_on_kubernetes:
        jobs["staging"] = delivery.release("staging", "publish")
        jobs["production"] = delivery.release("production", "staging")
    rebuild: Block = {"description": "Build every image anew, with what its base has become", "type": "boolean", "default": False}
    return {
        "name": facts.system,
        "on": {
            "push": {"branches": ["main"]},
            "pull_request": {},
            "schedule": [{"cron": "23 4 * * 1"}],
            "workflow_dispatch": {"inputs": {"rebuild": rebuild}},
        },
        "permissions": {},
        "concurrency": {"group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": f"${{{{ {checks.PULL_REQUEST} }}}}"},
        "defaults": {"run": {"shell": "bash"}},
        "env": dict(REGISTRY),
        "jobs": jobs,
    }


def _changes(facts: Facts) -> Block:
    names = (*(each.value for each in facts.languages), "images")
    outputs: Block = {each: f"${{{{ steps.chosen.outputs.{each} }}}}" for each in names}
    environment: Block = {"EVENT": "${{ github.event_name }}", "BASE": "${{ github.base_ref }}", "REBUILD": "${{ inputs.rebuild }}"}
    steps = [
        checkout(**{"fetch-depth": 0}),
        login(when=f"!({checks.PULL_REQUEST})"),
        running("Choose services", *_MODES, env=environment, id="chosen"),
    ]
    return job(steps, minutes=10, permissions={"contents": "read", "packages": "read"}, name="changes", outputs=outputs)


def _image(needs: list[str]) -> Block:
    return _of_each("image", needs, images.ELSEWHERE, images.checked(images.OF_SYSTEM))


def _publish(needs: list[str]) -> Block:
    return _of_each("publish", needs, images.ON_MAIN, images.published(images.OF_SYSTEM))


def _of_each(title: str, needs: list[str], claim: str, found: Block) -> Block:
    return {
        "name": f"{title} ${{{{ matrix.service }}}}",
        "needs": list(needs),
        "if": when("needs.changes.outputs.images != '[]'", claim),
        "strategy": {"fail-fast": False, "matrix": {"include": "${{ fromJSON(needs.changes.outputs.images) }}"}},
        **found,
    }
