"""Where each request goes, stage by stage: nginx's configuration and a route of the Gateway API, each whole at every stage.

To take a stage back is to apply the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from microservices_skill.migration.checks import Fault, pattern
from microservices_skill.migration.monolith import Monolith
from microservices_skill.migration.targets import Passage, Target

Plain = dict[str, Any]

INNER_PORT = 8000
TENTH = 10
_API = "gateway.networking.k8s.io/v1"


class Stage(StrEnum):
    """How far a service has come; each stage is entered from the one before it."""

    MIRROR = "1-mirror"
    TENTH = "2-tenth-of-reads"
    READS = "3-reads"
    PAUSE = "4-pause-writes"
    WRITES = "5-writes"


ABOUT = {
    Stage.MIRROR: "the monolith answers; reads go to {service} too, and its answers are thrown away",
    Stage.TENTH: "{service} answers a tenth of its reads",
    Stage.READS: "{service} answers its reads; writes go to the monolith",
    Stage.PAUSE: "writes are told to come again in a moment (503), until the service has caught up",
    Stage.WRITES: "{service} answers its reads and writes",
}


@dataclass(frozen=True, slots=True)
class Way:
    """Requests that have left, or are leaving, the monolith: who answers them, and how many."""

    passage: Passage
    service: str
    percent: int
    is_mirrored: bool
    is_paused: bool

    @property
    def expression(self) -> str:
        """Matches the method and the path, each parameter by a group."""
        parts = (f"(?<p{index}>[^/]+)" if part.startswith("{") else part for index, part in enumerate(self.passage.route.path.split("/")))
        return f"~^{self.passage.route.method} {'/'.join(parts)}$"

    @property
    def rewritten(self) -> str:
        """The service's path with what the groups matched; nothing where it is the same."""
        theirs = self.passage.path or ""
        if pattern(theirs) == pattern(self.passage.route.path):
            return ""
        groups = (f"$p{index}" for index, part in enumerate(self.passage.route.path.split("/")) if part.startswith("{"))
        return re.sub(r"\{[^}]*\}", lambda _: next(groups), theirs)


def ways(done: Sequence[Target], current: Target, stage: Stage) -> tuple[Way, ...]:
    """Every passage of the services that have left, and of the one that is leaving, at a stage."""
    former = [Way(passage, each.service.name, 100, is_mirrored=False, is_paused=False) for each in done for passage in _open(each)]
    return (*former, *(_way(current.service.name, passage, stage) for passage in _open(current)))


def nginx(monolith: Monolith, found: Sequence[Way], about: str) -> str:
    """A configuration to include within ``http``."""
    split = any(0 < way.percent < 100 for way in found)
    services = dict.fromkeys(way.service for way in found)
    blocks = [
        f"# {about}.\n# Include it within http and reload; to go back, include the stage before.",
        _upstream("monolith", monolith.address),
        *(_upstream(name, f"{name}:{INNER_PORT}") for name in services),
        'map $request_uri $asked_path {\n    "~^(?<path_only>[^?]*)" $path_only;\n}',
        *(_split(name) for name in services if split and any(way.service == name and way.percent == TENTH for way in found)),
        _map(
            '"$request_method $asked_path"', "$answered_by", "monolith", ((way.expression, _answers(way)) for way in found if way.percent)
        ),
        _map('"$request_method $asked_path"', "$path_of_service", "$request_uri", _rewritten(found)),
        _map('"$request_method $asked_path"', "$mirrored_to", '""', ((way.expression, way.service) for way in found if way.is_mirrored)),
        _map('"$request_method $asked_path"', "$is_paused", "0", ((way.expression, "1") for way in found if way.is_paused)),
        "map $answered_by $passed_on {\n    monolith $request_uri;\n    default $path_of_service;\n}",
        _SERVER,
    ]
    return "\n\n".join(blocks) + "\n"


def http_route(monolith: Monolith, found: Sequence[Way]) -> Plain:
    """The same for the Gateway API; a paused write goes to a Service without endpoints, which answers 503."""
    rules = [_rule(way) for way in found if way.percent or way.is_mirrored or way.is_paused]
    return {
        "apiVersion": _API,
        "kind": "HTTPRoute",
        "metadata": {"name": monolith.name},
        "spec": {"parentRefs": [{"name": monolith.name}], "rules": [*rules, {"backendRefs": [_backend("monolith", 80)]}]},
    }


def obstacles(monolith: Monolith, targets: Sequence[Target]) -> Iterator[Fault]:
    """Paths that the Gateway API cannot turn into the service's."""
    for each in targets:
        for passage in _open(each):
            way = _way(each.service.name, passage, Stage.WRITES)
            if way.rewritten and _prefixes(way) is None and "{" in passage.route.path:
                at = next(
                    f"/modules/{index}/routes/{module.routes.index(passage.route)}"
                    for index, module in enumerate(monolith.modules)
                    if passage.route in module.routes
                )
                yield at, f"no gateway turns {passage.route.path} into {passage.path}: give the service's operation the monolith's path"


def _open(target: Target) -> list[Passage]:
    return [passage for passage in target.passages if passage.path is not None]


def _way(service: str, passage: Passage, stage: Stage) -> Way:
    if passage.is_read:
        percent = {Stage.MIRROR: 0, Stage.TENTH: TENTH}.get(stage, 100)
        return Way(passage, service, percent, is_mirrored=stage is Stage.MIRROR, is_paused=False)
    return Way(passage, service, 100 if stage is Stage.WRITES else 0, is_mirrored=False, is_paused=stage is Stage.PAUSE)


def _upstream(name: str, address: str) -> str:
    return f"upstream {name} {{\n    server {address};\n    keepalive 32;\n}}"


def _split(service: str) -> str:
    return f'split_clients "$request_id" $some_of_{_variable(service)} {{\n    {TENTH}% {service};\n    * monolith;\n}}'


def _answers(way: Way) -> str:
    return way.service if way.percent == 100 else f"$some_of_{_variable(way.service)}"


def _variable(service: str) -> str:
    return service.replace("-", "_")


def _rewritten(found: Sequence[Way]) -> Iterator[tuple[str, str]]:
    for way in found:
        if way.rewritten:
            yield way.expression, f'"{way.rewritten}$is_args$args"'


def _map(key: str, name: str, default: str, entries: Iterator[tuple[str, str]]) -> str:
    lines = "".join(f'    "{expression}" {value};\n' for expression, value in entries)
    return f"map {key} {name} {{\n    default {default};\n{lines}}}"


_SERVER = """\
server {
    listen 8080;
    location / {
        if ($is_paused) {
            add_header Retry-After 2 always;
            return 503;
        }
        mirror /mirrored;
        proxy_pass http://$answered_by$passed_on;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_connect_timeout 2s;
        proxy_read_timeout 30s;
        proxy_next_upstream off;
    }
    location = /mirrored {
        internal;
        if ($mirrored_to = "") {
            return 204;
        }
        proxy_pass http://$mirrored_to$path_of_service;
        proxy_set_header Host $host;
        proxy_connect_timeout 1s;
        proxy_read_timeout 5s;
    }
}"""


def _rule(way: Way) -> Plain:
    route = way.passage.route
    prefixes = _prefixes(way) if way.rewritten and "{" in route.path else None
    if prefixes is not None:
        path = {"type": "PathPrefix", "value": prefixes[0]}
    elif "{" in route.path:
        path = {"type": "RegularExpression", "value": re.sub(r"\{[^}]*\}", "[^/]+", route.path)}
    else:
        path = {"type": "Exact", "value": route.path}
    filters: list[Plain] = []
    if way.is_mirrored:
        filters.append({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": way.service, "port": 80}}})
    if way.rewritten and way.percent:
        changed: Plain = {"type": "ReplaceFullPath", "replaceFullPath": way.passage.path}
        if prefixes is not None:
            changed = {"type": "ReplacePrefixMatch", "replacePrefixMatch": prefixes[1]}
        filters.append({"type": "URLRewrite", "urlRewrite": {"path": changed}})
    rule: Plain = {"matches": [{"path": path, "method": str(route.method)}], "backendRefs": _backends(way)}
    return rule | ({"filters": filters} if filters else {})


def _backends(way: Way) -> list[Plain]:
    if way.is_paused:
        return [_backend("paused", 80)]
    if way.percent in (0, 100):
        return [_backend(way.service if way.percent else "monolith", 80)]
    return [_backend(way.service, 80) | {"weight": way.percent}, _backend("monolith", 80) | {"weight": 100 - way.percent}]


def _backend(name: str, port: int) -> Plain:
    return {"name": name, "port": port}


def _prefixes(way: Way) -> tuple[str, str] | None:
    """What stands before the one parameter at the end of both paths."""
    ours, theirs = way.passage.route.path, way.passage.path or ""
    match = re.fullmatch(r"((?:/[^/{}]+)+)/\{[^}]*\}", ours), re.fullmatch(r"((?:/[^/{}]+)+)/\{[^}]*\}", theirs)
    return (match[0][1], match[1][1]) if match[0] is not None and match[1] is not None else None
