"""What holds in the workflows that test, build and release, as they stand: they hold the keys to everything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from microservices_skill.security import checklist
from microservices_skill.security.checklist import Check, Item, Site
from microservices_skill.security.spots import Spot

FOLDER = ".github/workflows/"
ITEMS: list[Item] = []

_PINNED = re.compile(r"[^@]+@[0-9a-f]{40}|docker://[^@]+@sha256:[0-9a-f]{64}|\./.*")
_NEEDED = frozenset({"packages", "id-token", "attestations", "security-events"})
"""What a job may write that tests, builds, signs or tells what it found."""

_FROM_OUTSIDE = re.compile(r"\$\{\{\s*(github\.event\.(?!repository)|github\.head_ref|inputs\.)")
_RELEASE, _SIGNER = "release.py", "--signed-by"


def item(identity: str) -> Callable[[Check], Check]:
    """Put a check of workflows on the list."""
    return checklist.item(ITEMS, identity, FOLDER)


@item("workflows-readable")
def _workflows_readable(site: Site) -> Iterator[str]:
    """Every workflow can be read, so that nothing of it is overlooked."""
    yield from (fault for fault in site.unreadable(FOLDER, "services/") if FOLDER in fault)


@item("actions-pinned")
def _actions_pinned(site: Site) -> Iterator[str]:
    """Every action is of one commit: a tag may be moved to other code."""
    for uses in _uses(site):
        if not _PINNED.fullmatch(uses.text):
            yield f"{uses.where}: {uses.text} is of no fixed commit; set its full hash in place of the tag"


@item("workflows-least-rights")
def _workflows_least_rights(site: Site) -> Iterator[str]:
    """A workflow has no rights of its own and each job has no more than it needs; no token stays behind in a checkout."""
    for workflow in _workflows(site):
        rights = workflow.at("permissions")
        if rights.node is None:
            yield f"{workflow.path}: its jobs may do what the repository allows; add permissions: {{}}"
        yield from _excessive(rights, frozenset())
        for _, job in workflow.at("jobs").entries():
            yield from _excessive(job.at("permissions"), _NEEDED)
    for step in _steps(site):
        if step.at("uses").text.startswith("actions/checkout@") and step.at("with", "persist-credentials").value is not False:
            yield f"{step.where}: the token stays in the checkout; set persist-credentials: false"


def _excessive(rights: Spot, needed: frozenset[str]) -> Iterator[str]:
    if rights.text == "write-all":
        yield f"{rights.where}: it may do everything; set the permissions that it needs"
    for name, right in rights.entries():
        if right.text == "write" and name not in needed:
            yield f"{right.where}: {name}: write is more than it needs; remove it"


@item("workflows-trust-nobody")
def _workflows_trust_nobody(site: Site) -> Iterator[str]:
    """No code of a stranger runs with rights, and nothing that a stranger writes becomes part of a script."""
    for workflow in _workflows(site):
        events = workflow.at("on")
        named = [*events.entries(), *((each.text, each) for each in events.each()), (events.text, events)]
        for name, spot in named:
            if name == "pull_request_target":
                yield f"{spot.where}: pull_request_target gives a stranger's code the secrets; set pull_request in its place"
    for step in _steps(site):
        script = step.at("run")
        if _FROM_OUTSIDE.search(script.text):
            yield f"{script.where}: what comes from outside becomes part of the script; add it to env, and use the variable"


@item("images-verified")
def _images_verified(site: Site) -> Iterator[str]:
    """An image is scanned before it is pushed and signed after it; a release takes only what is signed."""
    for workflow in _workflows(site):
        for _, job in workflow.at("jobs").entries():
            steps = [*job.at("steps").each()]
            yield from _unverified([(each, _kind(each)) for each in steps])
    for step in _steps(site):
        script = step.at("run")
        if _RELEASE in script.text and _SIGNER not in script.text:
            yield f"{script.where}: it releases what nobody signed; add {_SIGNER}"


def _unverified(steps: list[tuple[Spot, str]]) -> Iterator[str]:
    kinds = [kind for _, kind in steps]
    for index, (step, kind) in enumerate(steps):
        if kind == "push" and "scan" not in kinds[:index]:
            yield f"{step.where}: an image is pushed that nobody scanned; add a scan before it, with exit-code: '1'"
        if kind == "push" and "sign" not in kinds[index:]:
            yield f"{step.where}: an image is pushed that nobody signs; add cosign sign after it"


def _kind(step: Spot) -> str:
    """What a step does with an image; a scan that may fail unnoticed is none."""
    uses, script = step.at("uses").text, step.at("run").text
    is_ignored = step.at("continue-on-error").value is True
    if (uses.startswith("docker/build-push-action@") and step.at("with", "push").value is True) or re.search(r"\bdocker push\b", script):
        return "push"
    if uses.startswith("aquasecurity/trivy-action@") and step.at("with", "exit-code").text == "1" and not is_ignored:
        return "scan"
    return "sign" if re.search(r"\bcosign sign\b", script) and not is_ignored else ""


def _workflows(site: Site) -> Iterator[Spot]:
    """The workflows of the system, and those of services that may move to repositories of their own."""
    return (each for each in site.spots(FOLDER, "services/") if FOLDER in each.path)


def _steps(site: Site) -> Iterator[Spot]:
    return (step for workflow in _workflows(site) for _, job in workflow.at("jobs").entries() for step in job.at("steps").each())


def _uses(site: Site) -> Iterator[Spot]:
    """Every action, and every workflow that another calls."""
    called = (job.at("uses") for workflow in _workflows(site) for _, job in workflow.at("jobs").entries())
    return (each for each in (*called, *(step.at("uses") for step in _steps(site))) if each.text)
