"""The collector of traces: keeps those that failed, were slow or tell of a saga, and a part of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.files import File
from microservices_skill.model.architecture import Architecture
from microservices_skill.monitoring.blocks import Block, Value, blocks, texts, yaml_file
from microservices_skill.monitoring.watched import Watched

KEPT_PERCENT = 10
_DECISION = "30s"
"""How long a trace is gathered before it is decided on; what comes later follows the decision."""

_ABOUT = """\
the OpenTelemetry collector. It decides on a whole trace once it has gathered it: those with an error, with a request over
its service's p99, or with a step of a saga are kept, and {percent} % of the others. To run more than one, put a
loadbalancing exporter before them, by trace id: a trace must meet in one."""


def collector(architecture: Architecture, services: Sequence[Watched]) -> File:
    """The configuration of the collector."""
    configuration: Block = {
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}, "http": {"endpoint": "0.0.0.0:4318"}}},
        },
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_mib": 400, "spike_limit_mib": 100},
            "tail_sampling": {
                "decision_wait": _DECISION,
                "num_traces": 50_000,
                "decision_cache": {"sampled_cache_size": 100_000, "non_sampled_cache_size": 100_000},
                "policies": blocks(*_policies(architecture, services)),
            },
            "batch": {"timeout": "1s", "send_batch_size": 2048},
        },
        "exporters": {
            "otlp/jaeger": {
                "endpoint": "jaeger:4317",
                "tls": {"insecure": True},
                "sending_queue": {"enabled": True, "queue_size": 2000},
                "retry_on_failure": {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "5m"},
            },
        },
        "extensions": {"health_check": {"endpoint": "0.0.0.0:13133"}},
        "service": {
            "extensions": texts("health_check"),
            "telemetry": {"metrics": {"readers": blocks(_own_metrics())}},
            "pipelines": {
                "traces": {
                    "receivers": texts("otlp"),
                    "processors": texts("memory_limiter", "tail_sampling", "batch"),
                    "exporters": texts("otlp/jaeger"),
                },
            },
        },
    }
    return yaml_file(configuration, _ABOUT.format(percent=KEPT_PERCENT))


def _policies(architecture: Architecture, services: Sequence[Watched]) -> Iterator[Block]:
    """Each policy by itself keeps a trace."""
    yield {"name": "errors", "type": "status_code", "status_code": {"status_codes": texts("ERROR")}}
    yield {
        "name": "slower-than-promised",
        "type": "ottl_condition",
        "ottl_condition": {"error_mode": "ignore", "span": texts(*(_slow(each) for each in services))},
    }
    told = _told_by_sagas(architecture)
    if told:
        key = "messaging.rabbitmq.destination.routing_key"
        yield {"name": "sagas", "type": "string_attribute", "string_attribute": {"key": key, "values": texts(*told)}}
    yield {"name": "part-of-the-rest", "type": "probabilistic", "probabilistic": {"sampling_percentage": KEPT_PERCENT}}


def _slow(each: Watched) -> str:
    """A condition on a request that a service has answered."""
    nanoseconds = int(each.service.slo.p99) * 1_000_000
    is_its = f'resource.attributes["service.name"] == "{each.name}" and kind == SPAN_KIND_SERVER'
    return f"{is_its} and end_time_unix_nano - start_time_unix_nano > {nanoseconds}"


def _told_by_sagas(architecture: Architecture) -> list[str]:
    """The types of the messages that belong to sagas: commands and replies, and the events that choreographed ones are followed by."""
    events = [message.event for message in architecture.saga_messages]
    events += [event for saga in architecture.choreographies for event, _, _ in saga.watched]
    return sorted({f"{architecture.system.name}.{each.name}.v{each.version}" for each in events})


def _own_metrics() -> Block:
    exporter: dict[str, Value] = {"prometheus": {"host": "0.0.0.0", "port": 8888}}  # noqa: S104 - within its container
    return {"pull": {"exporter": exporter}}
