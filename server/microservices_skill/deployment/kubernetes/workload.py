"""What runs a service: its Deployment, the address before it, its autoscaler, its disruption budget and its migration."""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes.knobs import Knobs, labels, metadata
from microservices_skill.deployment.kubernetes.members import AFTER_DRAIN_S, BEFORE_DRAIN_S, DRAIN_S, PORT, Member
from microservices_skill.model.system import Language

USER = 10001
MIGRATION = "migration"
MIGRATION_LIMIT_S = 600
MIGRATION_KEPT_S = 3600

_MIGRATE: dict[Language, list[Value]] = {
    Language.TYPESCRIPT: ["node", "dist/migrate.js"],
    Language.PYTHON: ["python", "-m", "{package}.migrate"],
}

_POD_SECURITY: Block = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "fsGroup": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_CONTAINER_SECURITY: Block = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_SCRATCH: Block = {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}
_SCRATCH_MOUNT: Block = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - a path in the container
TLS_FOLDER = "/run/tls"
"""Where a container finds ``ca.crt``, ``tls.crt`` and ``tls.key``; a whole folder, as the files of a part of it would never change."""

_TLS_MOUNT: Block = {"name": "tls", "mountPath": TLS_FOLDER, "readOnly": True}
_GROUP_READS = 0o440


def deployment(member: Member, knobs: Knobs, environment: Block | None = None) -> Block:
    """The service itself. Its replicas are left to the autoscaler; a rollout adds an instance before it takes one away.

    ``environment`` is where its variables come from, where that is not as services of a system have it.
    """
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(member, member.name, annotations={"argocd.argoproj.io/sync-wave": "1"}),
        "spec": {
            "revisionHistoryLimit": 5,
            "minReadySeconds": 5,
            "progressDeadlineSeconds": 300,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": labels(member)},
            "template": {
                "metadata": {"labels": {**labels(member), **uses(member)}},
                "spec": _pod(member, knobs, environment or _environment(member, knobs)),
            },
        },
    }


def _pod(member: Member, knobs: Knobs, environment: Block) -> Block:
    return {
        **_identity(member),
        "terminationGracePeriodSeconds": BEFORE_DRAIN_S + DRAIN_S + AFTER_DRAIN_S,
        "topologySpreadConstraints": [_spread(member, "topology.kubernetes.io/zone"), _spread(member, "kubernetes.io/hostname")],
        "containers": [
            {
                **_container(member, knobs),
                "ports": [{"name": "http", "containerPort": PORT}],
                **environment,
                "startupProbe": _probe("/health/live", period=2, failures=30),
                "livenessProbe": _probe("/health/live", period=10, failures=3),
                "readinessProbe": _probe("/health/ready", period=5, failures=2),
                "lifecycle": {"preStop": {"sleep": {"seconds": BEFORE_DRAIN_S}}},
            }
        ],
        "volumes": _volumes(member),
    }


def _environment(member: Member, knobs: Knobs) -> Block:
    settings: list[Value] = [{"configMapRef": {"name": name}} for name in (knobs.settings, knobs.own_settings)]
    return {"envFrom": settings, "env": _secrets(member)}


def migration(member: Member, knobs: Knobs, *, name: Value = None, annotations: Mapping[str, Value] | None = None) -> Block:
    """Brings the database to the schema of the image; several at once wait for each other, and a second run changes nothing."""
    hook = annotations or {
        "argocd.argoproj.io/hook": "Sync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        "argocd.argoproj.io/sync-wave": "0",
    }
    command: list[Value] = [str(word).format(package=member.place.package) for word in _MIGRATE[member.place.language]]
    found = metadata(member, f"{member.name}-{MIGRATION}", MIGRATION, hook)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": found if name is None else {**found, "name": name},
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": MIGRATION_LIMIT_S,
            "ttlSecondsAfterFinished": MIGRATION_KEPT_S,
            "template": {
                "metadata": {"labels": {**labels(member, MIGRATION), **_store_uses(member)}},
                "spec": {
                    **_identity(member),
                    "restartPolicy": "Never",
                    "containers": [{**_container(member, knobs), "command": command, "env": _environment_of_migration(member, knobs)}],
                    "volumes": _volumes(member),
                },
            },
        },
    }


def service(member: Member) -> Block:
    """The address within the cluster: ``http://<name>``."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(member, member.name),
        "spec": {
            "type": "ClusterIP",
            "selector": labels(member),
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "appProtocol": "http"}],
        },
    }


def service_account(member: Member) -> Block:
    """Who it is to a mesh; it gets no token of the cluster's API, which it never calls."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(member, member.name),
        "automountServiceAccountToken": False,
    }


def autoscaler(member: Member, knobs: Knobs) -> Block:
    """Between the least and the most instances that capacity reckons; slow to take away, quick to add."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(member, member.name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": member.name},
            "minReplicas": knobs.least,
            "maxReplicas": knobs.most,
            "metrics": [
                {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": knobs.target}}}
            ],
            "behavior": {
                "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 30}]},
                "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
            },
        },
    }


def disruption_budget(member: Member) -> Block:
    """Nodes are drained one instance of a service at a time; one that is not ready never holds a drain up."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(member, member.name),
        "spec": {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": labels(member)}},
    }


def uses(member: Member) -> Block:
    """Labels of what is outside of the namespace, by which policies let pods out."""
    found = _store_uses(member)
    if member.has_broker:
        found["uses-broker"] = "true"
    if member.place.external:
        found["uses-internet"] = "true"
    if member.is_limited:
        found["uses-redis"] = "true"
    return found


def _store_uses(member: Member) -> Block:
    return {f"uses-{kind}": "true" for kind in member.stores}


def _identity(member: Member) -> Block:
    return {
        "serviceAccountName": member.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _POD_SECURITY,
    }


def _container(member: Member, knobs: Knobs) -> Block:
    return {
        "name": member.name,
        "image": knobs.image,
        "imagePullPolicy": "IfNotPresent",
        "resources": knobs.resources,
        "securityContext": _CONTAINER_SECURITY,
        "volumeMounts": [_SCRATCH_MOUNT, _TLS_MOUNT],
    }


def _volumes(member: Member) -> list[Value]:
    """A place to write, and the certificates where there are some."""
    certificates: Block = {"secretName": f"{member.name}-tls", "optional": True, "defaultMode": _GROUP_READS}
    return [_SCRATCH, {"name": "tls", "secret": certificates}]


def _environment_of_migration(member: Member, knobs: Knobs) -> list[Value]:
    """Where the database is, and whether it may be reached in the clear: a migration knows no more of its environment."""
    plaintext: Block = {"name": knobs.settings, "key": "ALLOW_PLAINTEXT", "optional": True}
    return [_secret(member, "DATABASE_URL"), {"name": "ALLOW_PLAINTEXT", "valueFrom": {"configMapKeyRef": plaintext}}]


def _secrets(member: Member) -> list[Value]:
    """Where no Redis is named for rate limits, each instance limits what it sees itself."""
    limits = [_secret(member, "RATE_LIMIT_STORAGE", optional=True)] if member.is_limited else []
    return [*(_secret(member, variable) for variable in member.secrets), *limits]


def _secret(member: Member, variable: str, *, optional: bool = False) -> Block:
    key: Block = {"name": f"{member.name}-secrets", "key": variable}
    return {"name": variable, "valueFrom": {"secretKeyRef": key | ({"optional": True} if optional else {})}}


def _probe(path: str, *, period: int, failures: int) -> Block:
    return {"httpGet": {"path": path, "port": "http"}, "periodSeconds": period, "timeoutSeconds": 2, "failureThreshold": failures}


def _spread(member: Member, key: str) -> Block:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels(member)},
        "matchLabelKeys": ["pod-template-hash"],
    }
