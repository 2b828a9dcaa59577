"""A Helm chart of the same objects: built as for Kustomize, with expressions where an environment sets something."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes import edge, mesh, network, secrets, workload
from microservices_skill.deployment.kubernetes.knobs import CPU_TARGET, FIRST_TAG, Knobs, labels, resources
from microservices_skill.deployment.kubernetes.kustomize import COLLECTOR, host, shared_settings
from microservices_skill.deployment.kubernetes.members import Member
from microservices_skill.files import File
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.system import BrokerKind

CHART_VERSION = "0.1.0"

_GENERATED = "# Generated from the model: set values, or change the model, and not this file.\n"
_OWN = "# Yours: what you write stays when it is generated again. What it leaves out is as in the chart's values.yaml.\n"

_HELPERS = """\
{{/* The image of a service: by digest where there is one. */}}
{{- define "image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{/* A ConfigMap of settings: every value is text. */}}
{{- define "settings" -}}
{{- range $name, $value := . }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
"""

_MIGRATION_HOOK: Block = {
    "helm.sh/hook": "post-install,pre-upgrade",
    "helm.sh/hook-delete-policy": "before-hook-creation",
}


class Expressions:
    """Marks in documents that stand for expressions of a template, until the documents are text."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._blocks: list[str] = []

    def text(self, expression: str) -> str:
        """A value on one line, quoted."""
        return self.number(f"{expression} | quote")

    def number(self, expression: str) -> str:
        """A value on one line as it is."""
        self._texts.append(f"{{{{ {expression} }}}}")
        return f"EXPRESSION-{len(self._texts) - 1}-HERE"

    def block(self, expression: str) -> str:
        """A value of several lines, below its key."""
        self._blocks.append(expression)
        return f"BLOCK-{len(self._blocks) - 1}-HERE"

    def render(self, blocks: Sequence[Block], condition: str = "") -> str:
        """The documents as a template, all of them only where a condition holds."""
        text = "".join(f"---\n{dump_plain(block)}" for block in blocks)
        text = re.sub(r"^( *)(\S.*): BLOCK-(\d+)-HERE$", self._put_block, text, flags=re.MULTILINE)
        text = re.sub(r"EXPRESSION-(\d+)-HERE", lambda match: self._texts[int(match[1])], text)
        return f"{{{{- if {condition} }}}}\n{text}{{{{- end }}}}\n" if condition else text

    def _put_block(self, match: re.Match[str]) -> str:
        indent = len(match[1]) + (2 if match[2].startswith("- ") else 0) + 2
        return f"{match[1]}{match[2]}: {{{{- {self._blocks[int(match[3])]} | nindent {indent} }}}}"


def chart(system: str, members: Sequence[Member], broker: BrokerKind) -> Iterator[tuple[str, File]]:
    """``deploy/helm/<system>`` and the values of each environment."""
    folder = f"deploy/helm/{system}"
    about: Block = {
        "apiVersion": "v2",
        "name": system,
        "description": f"All services of {system}",
        "type": "application",
        "version": CHART_VERSION,
        "appVersion": FIRST_TAG,
        "kubeVersion": ">=1.31.0-0",
    }
    yield f"{folder}/Chart.yaml", File(_GENERATED + dump_plain(about))
    yield f"{folder}/values.yaml", File(_GENERATED + dump_plain(values(system, members, broker)))
    yield f"{folder}/values.schema.json", File(json.dumps(_schema(members), indent=2) + "\n")
    yield f"{folder}/.helmignore", File(".git\n*.tgz\n")
    yield f"{folder}/templates/_helpers.tpl", File(_HELPERS)
    yield f"{folder}/templates/settings.yaml", File(_settings("settings", ".Values.settings", {"app.kubernetes.io/part-of": system}))
    yield f"{folder}/templates/network.yaml", File(_network(system, members, broker))
    for member in members:
        yield f"{folder}/templates/{member.name}.yaml", File(_service(member))
    if public := edge.published(members):
        yield f"{folder}/templates/gateway.yaml", File(_gateway(system, public))
    yield f"{folder}/templates/istio.yaml", File(_mesh(system, members))
    for name in ("staging", "production"):
        yield f"deploy/helm/values/{name}.yaml", File(_OWN + dump_plain(_environment(system, members, name)), owned=False)


def values(system: str, members: Sequence[Member], broker: BrokerKind) -> Block:
    """What an installation may set, with the values of the production overlay."""
    return {
        "settings": dict(sorted(shared_settings(members).items())),
        "services": {member.name: _values(member) for member in members},
        "externalSecrets": {"enabled": True, "store": secrets.STORE, "kind": "ClusterSecretStore", "refresh": "1h"},
        "gateway": {
            "enabled": bool(edge.published(members)),
            "className": "gateway",
            "host": host(system, "production"),
            "certificate": f"{system}-certificate",
        },
        "networks": dict.fromkeys((*network.uses(members, broker), network.ISSUER), network.private_networks()),
        "istio": {"enabled": False},
    }


def _values(member: Member) -> Block:
    size = member.size
    return {
        "image": {"repository": f"registry.example.com/{member.image}", "tag": FIRST_TAG, "digest": ""},
        "resources": resources(member),
        "autoscaling": {"least": int(size.least.value), "most": int(size.most.value), "cpu": CPU_TARGET},
        "settings": dict(sorted(member.settings.items())),
    }


def _environment(system: str, members: Sequence[Member], name: str) -> Block:
    settings: dict[str, Value] = {key: value for key, value in sorted(shared_settings(members).items()) if value != COLLECTOR}
    own = f"https://issuer.{name}."
    settings |= {key: str(value).replace("https://issuer.", own) for key, value in settings.items() if key.startswith("AUTH_")}
    found: Block = {
        "settings": settings,
        "services": {member.name: {"image": {"tag": FIRST_TAG}} for member in members},
    }
    return found | ({"gateway": {"host": host(system, name)}} if edge.published(members) else {})


def _settings(name: str, source: str, labels: Block) -> str:
    """A ConfigMap: its data is a loop over values, which no data can say."""
    head: Block = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}
    return f'---\n{dump_plain(head)}data:\n  {{{{- include "settings" {source} | nindent 2 }}}}\n'


def _service(member: Member) -> str:
    own = Expressions()
    knobs = Knobs(
        image=own.text('include "image" $service.image'),
        resources=own.block("toYaml $service.resources"),
        least=own.number("$service.autoscaling.least"),
        most=own.number("$service.autoscaling.most"),
        target=own.number("$service.autoscaling.cpu"),
        settings="settings",
        own_settings=f"{member.name}-settings",
    )
    running = workload.deployment(member, knobs)
    checksum = own.number("list .Values.settings $service.settings | toJson | sha256sum")
    blocks = [
        workload.service_account(member),
        _annotated(running, {"checksum/settings": checksum}),
        workload.service(member),
        workload.autoscaler(member, knobs),
        workload.disruption_budget(member),
        network.edges(member),
        workload.migration(member, knobs, annotations=_MIGRATION_HOOK),
    ]
    stored = secrets.external_secret(
        member,
        store=own.text(".Values.externalSecrets.store"),
        kind=own.text(".Values.externalSecrets.kind"),
        refresh=own.text(".Values.externalSecrets.refresh"),
    )
    head = f'{{{{- $service := index .Values.services "{member.name}" }}}}\n'
    settings = _settings(knobs.own_settings, "$service.settings", labels(member))
    return head + settings + own.render(blocks) + own.render([stored], ".Values.externalSecrets.enabled")


def _annotated(deployment: Block, annotations: Block) -> Block:
    """Instances are replaced when their settings change: the name of a ConfigMap stays the same here."""
    spec = deployment["spec"]
    assert isinstance(spec, dict)
    template = spec["template"]
    assert isinstance(template, dict)
    metadata = template["metadata"]
    assert isinstance(metadata, dict)
    return {**deployment, "spec": {**spec, "template": {**template, "metadata": {**metadata, "annotations": annotations}}}}


def _network(system: str, members: Sequence[Member], broker: BrokerKind) -> str:
    own = Expressions()
    names = (*network.uses(members, broker), network.ISSUER)
    where: dict[str, Value] = {name: own.block(f"toYaml .Values.networks.{name}") for name in names}
    return own.render(list(network.general(system, members, broker, where)))


def _gateway(system: str, public: Sequence[Member]) -> str:
    own = Expressions()
    address = own.text(".Values.gateway.host")
    way = edge.gateway(
        system, host=address, class_name=own.text(".Values.gateway.className"), certificate=own.text(".Values.gateway.certificate")
    )
    return own.render([way, *(edge.route(member, host=address) for member in public)], ".Values.gateway.enabled")


def _mesh(system: str, members: Sequence[Member]) -> str:
    blocks = [*mesh.general(system), *map(mesh.policy, members), *mesh.traffic(members)]
    return Expressions().render(blocks, ".Values.istio.enabled")


def _schema(members: Sequence[Member]) -> dict[str, object]:
    """What ``helm lint`` and ``helm install`` hold values to, so that a misspelt key is an error."""
    text, flag, count = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 1}
    settings = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}

    def closed(**properties: object) -> dict[str, object]:
        return {"type": "object", "additionalProperties": False, "properties": properties}

    service = closed(
        image=closed(repository=text, tag=text, digest={"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}),
        resources={"type": "object"},
        autoscaling=closed(least=count, most=count, cpu={"type": "integer", "minimum": 1, "maximum": 100}),
        settings=settings,
    )
    return {
        "$schema": "https://json-schema.org/draft-07/schema#",
        **closed(
            **{
                "global": {"type": "object"},
                "settings": settings,
                "services": closed(**{member.name: service for member in members}),
                "externalSecrets": closed(enabled=flag, store=text, kind={"enum": ["ClusterSecretStore", "SecretStore"]}, refresh=text),
                "gateway": closed(enabled=flag, className=text, host=text, certificate=text),
                "networks": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
                "istio": closed(enabled=flag),
            }
        ),
    }
