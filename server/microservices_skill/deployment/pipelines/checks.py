"""Jobs that look at a repository as a whole: its design, what is generated from it, its secrets and its dependencies."""

from __future__ import annotations

from microservices_skill import __version__
from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.pipelines.blocks import checkout, job, running, using
from microservices_skill.deployment.pipelines.testing import PYTHON_VERSION

SEVERE: Block = {"severity": "HIGH,CRITICAL", "ignore-unfixed": True, "exit-code": "1"}
"""What stops a change: what is severe and can be mended."""

PULL_REQUEST = "github.event_name == 'pull_request'"

_AGAINST = (
    'if git show "origin/$BASE:architecture.yaml" > "$RUNNER_TEMP/architecture.yaml"; then',
    '  microservices-skill validate architecture.yaml --against "$RUNNER_TEMP/architecture.yaml"',
    "else",
    '  echo "$BASE has no architecture.yaml yet: nothing can break"',
    "fi",
)

_INTO = '> "$RUNNER_TEMP/preview.json" || [ -s "$RUNNER_TEMP/preview.json" ]'
"""Open conflicts exit with 1 and are in the answer; where there is no answer, the step fails."""

_CURRENT = (
    "jq '{counts, paths, merged, moved, conflicts}' \"$RUNNER_TEMP/preview.json\"",
    'changing=\'[.counts["create", "update", "merge", "move", "delete", "conflict"] // 0] | add\'',
    'jq --exit-status "$changing == 0" "$RUNNER_TEMP/preview.json" || {',
    '  echo "::error::what is generated is older than architecture.yaml: run microservices-skill generate and commit what it writes"',
    "  exit 1",
    "}",
)


def contracts(language: str = "") -> Block:
    """The design is sound, breaks nobody who relies on it, and what is generated from it is current."""
    again = f"microservices-skill generate architecture.yaml -o .{f' --language {language}' if language else ''}"
    return job(
        [
            checkout(**{"fetch-depth": 0}),
            using("actions/setup-python", given={"python-version": PYTHON_VERSION}),
            running("Install the generator of this system", f"pip install microservices-skill=={__version__}"),
            running("The design is sound", "microservices-skill validate architecture.yaml"),
            running("It breaks nobody", *_AGAINST, when=PULL_REQUEST, env={"BASE": "${{ github.base_ref }}"}),
            running("What is generated is current", f"{again} --preview --json {_INTO}", *_CURRENT),
        ],
        minutes=10,
        name="design, contracts, drift",
    )


def scan() -> Block:
    """No severe vulnerability, secret or misconfiguration in the repository."""
    return job(
        [
            checkout(),
            using("aquasecurity/trivy-action", given={"scan-type": "fs", "scanners": "vuln,secret,misconfig", **SEVERE}),
        ],
        minutes=15,
        name="scan",
    )


def dependencies() -> Block:
    """A pull request brings in no dependency with a severe vulnerability; needs GitHub's dependency graph."""
    found = job(
        [checkout(), using("actions/dependency-review-action", given={"fail-on-severity": "high"})],
        minutes=10,
    )
    return {"name": "dependency review", "if": f"{PULL_REQUEST} && vars.DEPENDENCY_REVIEW != 'off'", **found}


def verdict(needs: list[str]) -> Block:
    """One job for a branch's protection to ask for: whatever was necessary has succeeded."""
    found = job(
        [
            running(
                "Nothing failed",
                'echo "$RESULTS"',
                'case "$RESULTS" in *failure* | *cancelled*) exit 1 ;; esac',
                env={"RESULTS": "${{ join(needs.*.result, ' ') }}"},
            )
        ],
        minutes=5,
        permissions={},
    )
    return {"name": "verified", "if": "always()", "needs": list(needs), **found}
