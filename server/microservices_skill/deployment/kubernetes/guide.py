"""How a team deploys what is generated: ``deploy/README.md``."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.kubernetes import edge
from microservices_skill.deployment.kubernetes.members import AFTER_DRAIN_S, BEFORE_DRAIN_S, DRAIN_S, Member
from microservices_skill.deployment.kubernetes.network import GATEWAY_NAMESPACE, MONITORING_NAMESPACE
from microservices_skill.deployment.kubernetes.workload import TLS_FOLDER
from microservices_skill.model.system import BrokerKind, encrypted_scheme

_TEXT = """\
# Deployment

Generated from the model. `kubernetes/overlays`, `argocd` and `helm/values` are yours: what you write there stays. The rest
follows the model; requests, limits, instances and pools follow [capacity](../docs/capacity.md).

## What the cluster must have

- Kubernetes 1.31 or newer, with metrics-server for the autoscalers and a network plugin that enforces NetworkPolicy.
- Namespaces `{monitoring}` (Prometheus and the OpenTelemetry collector are let in and reached there){gateway_namespace}.
- External Secrets with a ClusterSecretStore `secrets` (staging and production), which holds for each service:

{secrets}

{gateway}
## With Kustomize

```
kubectl apply -k deploy/kubernetes/overlays/staging --dry-run=server
kubectl -n {system}-staging delete job -l app.kubernetes.io/component=migration --ignore-not-found
kubectl apply -k deploy/kubernetes/overlays/staging
kubectl -n {system}-staging wait --for=condition=complete job -l app.kubernetes.io/component=migration --timeout=10m
{rollout}
```

A Job cannot be changed, so that of the last release goes first. Migrations must suit the code that still runs: add, deploy, then
remove. `deploy/scripts/release.py` does all of it with one new pod of each service first, and takes it back where an error budget
burns (`--help`; the workflow `.github/workflows/system.yml` calls it). With Argo CD (`deploy/argocd`) each sync runs the migrations.

## With Helm

```
helm upgrade --install {system} deploy/helm/{system} -n {system} --values deploy/helm/values/production.yaml --wait
```

The chart renders the same objects as the production overlay. The namespace is not part of it: label it as
`kubernetes/base/namespace.yaml` does. Secrets come from `externalSecrets`, or make `<service>-secrets` yourself.

## Components for an overlay

| component | what it adds |
|---|---|
| `external-secrets` | one ExternalSecret for each service: entry `{system}/<service>` of the store, read anew every hour |
{gateway_row}| `istio` | mutual TLS without exception, only the calls of the model, no retries: the callers' clients do these |

## TLS, and certificates that change

Services take no plaintext: `DATABASE_URL` needs `sslmode=verify-full` (`verify-ca`, `require`), `BROKER_URL` `{encrypted}`; the
migration Jobs too, by `ALLOW_PLAINTEXT=false` in the settings. `ALLOW_PLAINTEXT=true` is right only where what is below encrypts, such
as a mesh that reaches up to the database and the broker.

The Secret `<service>-tls` is mounted at `{tls}` where there is one: `ca.crt`, `tls.crt` and `tls.key`, as cert-manager writes them.

```
DATABASE_URL=postgresql://…/{system}?sslmode=verify-full&sslrootcert={tls}/ca.crt&sslcert={tls}/tls.crt&sslkey={tls}/tls.key
BROKER_URL={encrypted}…?cafile={tls}/ca.crt&certfile={tls}/tls.crt&keyfile={tls}/tls.key
```

Without `sslrootcert` and `cafile` the public authorities are trusted. To rotate without downtime and without a restart:

1. Put the new authority beside the old one into `ca.crt` of the services, the database and the broker.
2. Give the database, the broker and the services certificates of the new authority, in any order.
3. Take the old authority out of `ca.crt`.

Wait in between until the cluster has written the files (a minute or two) and connections are new: each connection reads the files anew.
Those to the database live for `DATABASE_LIFETIME_S` (30 minutes) at most; one to the broker lives until the broker ends it and is then
replaced, so restart the broker's nodes one after the other before step 3.

## What is fixed, and why

- A stop takes up to {grace} s: {before} s in which endpoints forget the instance, {drain} s of draining, {after} s of margin.
- No pod has a token of the cluster's API, root, a writable root file system or a capability.
- Nothing may talk to anything but by the edges of the model; stores, broker and the outside are let through by labels
  `uses-*`. Where they are is of your environment: patch `allow-*` in your overlay from the private networks to your own.
- Memory is requested as it is limited; instances spread over zones and nodes; a drain takes one instance at a time.
"""


def guide(system: str, members: Sequence[Member], broker: BrokerKind) -> str:
    """The page."""
    public = edge.published(members)
    rollout = "\n".join(f"kubectl -n {system}-staging rollout status deployment/{member.name} --timeout=5m" for member in members)
    gateway = (
        f"- Gateway API with a GatewayClass `gateway`, and a certificate in the Secret `{system}-certificate` (cert-manager renews it).\n"
        if public
        else ""
    )
    return _TEXT.format(
        system=system,
        monitoring=MONITORING_NAMESPACE,
        gateway_namespace=f" and `{GATEWAY_NAMESPACE}` (where the gateway's pods run)" if public else "",
        gateway=gateway,
        gateway_row="| `gateway` | the Gateway and a route for each public service |\n" if public else "",
        secrets="\n".join(f"  - `{system}/{member.name}`: {', '.join(member.secrets)}{_limits(member)}" for member in members),
        rollout=rollout,
        tls=TLS_FOLDER,
        encrypted=encrypted_scheme(broker),
        grace=BEFORE_DRAIN_S + DRAIN_S + AFTER_DRAIN_S,
        before=BEFORE_DRAIN_S,
        drain=DRAIN_S,
        after=AFTER_DRAIN_S,
    )


def _limits(member: Member) -> str:
    return ", RATE_LIMIT_STORAGE (a Redis that all instances count in)" if member.is_limited else ""
