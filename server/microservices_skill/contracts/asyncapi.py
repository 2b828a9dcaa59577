"""The system's events as an AsyncAPI 3.0 document: a channel per event, CloudEvents 1.0 in structured JSON."""

from __future__ import annotations

from microservices_skill.contracts import events
from microservices_skill.contracts.json_schema import COMPONENTS, Schema
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import pascal, title
from microservices_skill.model.system import BrokerKind

CONTENT_TYPE = "application/cloudevents+json"
SEQUENCE = "^[0-9]{10}$"
"""CloudEvents' sequence extension: versions as text of one length, so that they sort alike as text and as numbers."""

_SERVERS: dict[BrokerKind, Schema] = {
    BrokerKind.RABBITMQ: {"host": "rabbitmq:5672", "protocol": "amqp", "protocolVersion": "0.9.1"},
    BrokerKind.NATS: {"host": "nats:4222", "protocol": "nats"},
    BrokerKind.KAFKA: {"host": "kafka:9092", "protocol": "kafka"},
}


def document(architecture: Architecture) -> Schema:
    """The AsyncAPI 3.0 document of the whole system."""
    found: Schema = {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{architecture.system.title or title(architecture.system.name)}: events",
            "version": "1.0.0",
            "description": architecture.system.description or f"Events of the domain {architecture.system.domain}",
        },
        "defaultContentType": CONTENT_TYPE,
    }
    server = _SERVERS.get(architecture.system.platform.broker)
    if server is not None:
        found["servers"] = {"broker": server}
    found["channels"] = {name: _channel(architecture, versions) for name, versions in sorted(architecture.messages_by_name.items())}
    found["operations"] = _operations(architecture)
    found["components"] = {
        "messages": {message_name(event): _message(architecture, event) for event in _sorted(architecture)},
        "schemas": _schemas(architecture),
    }
    return found


def message_name(event: Event) -> str:
    """``OrderPlacedV1``: one version of an event as a message."""
    return event.versioned_name


def event_type(architecture: Architecture, event: Event) -> str:
    """The ``type`` attribute of its CloudEvents envelope."""
    return f"{architecture.system.name}.{events.versioned_name(event)}"


def envelope(architecture: Architecture, event: Event) -> Schema:
    """The CloudEvents 1.0 envelope of one event version, in structured JSON."""
    word = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "partitionkey", "data"],
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": {"type": "string", "format": "uuid", "description": "One for all versions in which the same fact is told"},
            "source": {"type": "string", "format": "uri-reference", "minLength": 1},
            "type": {"type": "string", "const": event_type(architecture, event)},
            "subject": word,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"type": "string", "const": "application/json"},
            "partitionkey": word,
            "dataschema": word,
            "sequence": {"type": "string", "pattern": SEQUENCE, "description": "The version of the entity that the event tells of"},
            "traceparent": word,
            "tracestate": {"type": "string"},
            "data": {"$ref": COMPONENTS + message_name(event)},
        },
    }


def _channel(architecture: Architecture, versions: tuple[Event, ...]) -> Schema:
    newest = versions[-1]
    messages = {message_name(event): {"$ref": f"#/components/messages/{message_name(event)}"} for event in versions}
    described = {"description": newest.description} if newest.description else {}
    return {
        "address": f"{architecture.system.name}.{newest.name}.{{version}}",
        "title": title(newest.name),
        **described,
        "parameters": {"version": {"enum": [f"v{event.version}" for event in versions]}},
        "messages": messages,
        **_bound(architecture, {"topic": f"{architecture.system.name}.events"}),
    }


def _bound(architecture: Architecture, binding: Schema) -> Schema:
    """What is particular to Kafka: one topic holds all that a system tells, so that the order per key outlasts services and types."""
    if architecture.system.platform.broker is not BrokerKind.KAFKA:
        return {}
    return {"bindings": {"kafka": {**binding, "bindingVersion": "0.5.0"}}}


def _operations(architecture: Architecture) -> Schema:
    found: Schema = {}
    for name, versions in sorted(architecture.messages_by_name.items()):
        publisher = versions[-1].publisher
        told = tuple(each for each in versions if each.publisher == publisher)
        found[f"{pascal(publisher)}Sends{name}"] = _operation("send", publisher, told)
        for subscriber in architecture.receivers(name):
            found[f"{pascal(subscriber)}Receives{name}"] = _operation("receive", subscriber, versions)
    return found


def _operation(action: str, service: str, versions: tuple[Event, ...]) -> Schema:
    channel = f"#/channels/{versions[0].name}"
    return {
        "action": action,
        "title": f"{title(service)} {action}s {title(versions[0].name).lower()}",
        "channel": {"$ref": channel},
        "tags": [{"name": service}],
        "messages": [{"$ref": f"{channel}/messages/{message_name(event)}"} for event in versions],
    }


def _message(architecture: Architecture, event: Event) -> Schema:
    return {
        "name": event_type(architecture, event),
        "title": f"{title(event.name)}, version {event.version}",
        **_superseded(architecture, event),
        "contentType": CONTENT_TYPE,
        "payload": envelope(architecture, event),
        **_bound(architecture, {"key": {"type": "string", "description": "The envelope's partitionkey"}}),
    }


def _superseded(architecture: Architecture, event: Event) -> Schema:
    """AsyncAPI has no mark for a message that goes, so its description says so; its schema is marked deprecated."""
    newest = architecture.event(event.name)
    if newest is None or newest.version <= event.version:
        return {}
    return {"description": f"Deprecated: version {newest.version} tells the same fact under the same id; read that one"}


def _schemas(architecture: Architecture) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for event in _sorted(architecture):
        prefix = f"{event.publisher}."
        body = events.payload(event, refs=COMPONENTS, prefix=prefix)
        found[message_name(event)] = body | events.deprecation(architecture, event)
        found |= events.definitions(architecture.service(event.publisher), body, refs=COMPONENTS, prefix=prefix)
    return dict(sorted(found.items()))


def _sorted(architecture: Architecture) -> list[Event]:
    return sorted(architecture.messages, key=lambda event: (event.name, event.version))
