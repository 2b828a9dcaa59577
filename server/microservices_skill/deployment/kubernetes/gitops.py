"""Applications of Argo CD: an environment follows its overlay in git."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.kubernetes.kustomize import FOLDER
from microservices_skill.files import File
from microservices_skill.model.dumping import dump_plain

_ABOUT = """\
# Yours: what you write stays when it is generated again. Put your repository here, then: kubectl apply -f of this file, once.
# Migrations run in each sync before the Deployments (sync waves), with the image that is rolled out.
"""


def applications(system: str) -> Iterator[tuple[str, File]]:
    """One for staging, which follows the main branch by itself, and one for production, which a person or a pipeline syncs."""
    for name, automated in (("staging", True), ("production", False)):
        yield f"deploy/argocd/{name}.yaml", File(_ABOUT + dump_plain(_application(system, name, automated=automated)), owned=False)


def _application(system: str, name: str, *, automated: bool) -> Block:
    policy: Block = {
        "syncOptions": ["CreateNamespace=false", "ApplyOutOfSyncOnly=true", "ServerSideApply=true"],
        "retry": {"limit": 3, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
    }
    if automated:
        policy["automated"] = {"prune": True, "selfHeal": True}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": f"{system}-{name}", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {
                "repoURL": f"https://git.example.com/{system}.git",
                "targetRevision": "main",
                "path": f"{FOLDER}/overlays/{name}",
            },
            "destination": {
                "server": "https://kubernetes.default.svc",
                "namespace": system if name == "production" else f"{system}-{name}",
            },
            "syncPolicy": policy,
        },
    }
