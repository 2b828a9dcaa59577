"""Jobs that release to an environment: by digest, signed, migrated, one new pod of each service first, and back where it burns."""

from __future__ import annotations

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.pipelines import images
from microservices_skill.deployment.pipelines.blocks import checkout, job, login, running, using, when

_WATCH = {"staging": (120, 60), "production": (600, 600)}
"""How many seconds the first pods are watched in each environment, and then all."""

_SETTINGS: Block = {
    "KUBECONFIG": "${{ runner.temp }}/kubeconfig",
    "PROMETHEUS": "${{ vars.PROMETHEUS }}",
    "PROMETHEUS_SELECTOR": "${{ vars.PROMETHEUS_SELECTOR }}",
    "PROMETHEUS_TOKEN": "${{ secrets.PROMETHEUS_TOKEN }}",
    "SIGNER": "${{ github.server_url }}/${{ github.workflow_ref }}",
}


def release(environment: str, needs: str) -> Block:
    """The job that releases to ``environment`` once ``needs`` has succeeded or had nothing to do."""
    canary, after = _WATCH[environment]
    steps = [
        checkout(),
        login(),
        using("sigstore/cosign-installer"),
        running(
            "Open the cluster",
            "umask 077",
            'printf "%s" "$KUBE_CONFIG" > "$KUBECONFIG"',
            env={"KUBE_CONFIG": "${{ secrets.KUBE_CONFIG }}", "KUBECONFIG": _SETTINGS["KUBECONFIG"]},
        ),
        running(
            "Release",
            "exec python3 deploy/scripts/release.py \\",
            f"  --overlay deploy/kubernetes/overlays/{environment} \\",
            '  --registry "$REGISTRY" --signed-by "$SIGNER" \\',
            '  --prometheus "$PROMETHEUS" --selector "$PROMETHEUS_SELECTOR" \\',
            f"  --watch {canary} --watch-after {after}",
            env=_SETTINGS,
        ),
    ]
    found = job(steps, minutes=90, permissions={"contents": "read", "packages": "read"})
    return {
        "name": environment,
        "needs": needs,
        "if": when(images.ON_MAIN, "vars.DEPLOY == 'true'"),
        "environment": environment,
        "concurrency": {"group": f"release-{environment}", "cancel-in-progress": False},
        **found,
    }
