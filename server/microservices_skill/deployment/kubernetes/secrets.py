"""Where secrets come from: a store outside of the cluster and of git, by the External Secrets Operator."""

from __future__ import annotations

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes.knobs import metadata
from microservices_skill.deployment.kubernetes.members import Member

STORE = "secrets"


def external_secret(member: Member, *, store: Value = STORE, kind: Value = "ClusterSecretStore", refresh: Value = "1h") -> Block:
    """Keeps the Secret ``<service>-secrets`` equal to the entry ``<system>/<service>`` of the store."""
    names = [*member.secrets, *(["RATE_LIMIT_STORAGE"] if member.is_limited else [])]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata(member, f"{member.name}-secrets", annotations={"argocd.argoproj.io/sync-wave": "-1"}),
        "spec": {
            "refreshInterval": refresh,
            "secretStoreRef": {"name": store, "kind": kind},
            "target": {"name": f"{member.name}-secrets", "creationPolicy": "Owner"},
            "data": [{"secretKey": name, "remoteRef": {"key": f"{member.system}/{member.name}", "property": name}} for name in names],
        },
    }
