"""The actions of GitHub that workflows use: each by the commit of a release, with the release's name beside it."""

from __future__ import annotations

_RELEASES = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/dependency-review-action": ("2031cfc080254a8a887f58cffee85186f0e49e48", "v4.9.0"),
    "actions/setup-node": ("820762786026740c76f36085b0efc47a31fe5020", "v7.0.0"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "aquasecurity/trivy-action": ("ed142fd0673e97e23eac54620cfb913e5ce36c25", "v0.36.0"),
    "docker/build-push-action": ("53b7df96c91f9c12dcc8a07bcb9ccacbed38856a", "v7.3.0"),
    "docker/login-action": ("4907a6ddec9925e35a0a9e82d7399ccc52663121", "v4.1.0"),
    "docker/setup-buildx-action": ("37fe631027851001ddb9b187196cc803df7f5f0e", "v4.3.0"),
    "sigstore/cosign-installer": ("6f9f17788090df1f26f669e9d70d6ae9567deba6", "v4.1.2"),
}


def action(name: str) -> str:
    """What a step says that uses an action."""
    commit, _ = _RELEASES[name]
    return f"{name}@{commit}"


def with_releases(workflow: str) -> str:
    """A workflow's text in which each commit has the name of its release as a comment, as people and Dependabot read it."""
    for name, (_, release) in _RELEASES.items():
        workflow = workflow.replace(f"{action(name)}\n", f"{action(name)} # {release}\n")
    return workflow
