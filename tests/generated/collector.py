"""A collector of traces: what services export over OTLP/HTTP, as protobuf or as JSON, and what holds between the spans."""

from __future__ import annotations

import gzip
import json
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

IDS = ("traceId", "spanId", "parentSpanId")
"""What OTLP's JSON writes in hexadecimal, unlike other bytes in protobuf's JSON."""


@dataclass(frozen=True)
class Span:
    """A span, as its service exported it."""

    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str | None
    links: tuple[tuple[str, str], ...]
    """The trace and the span of each link."""

    attributes: Mapping[str, Any]
    is_error: bool


@dataclass
class Collector:
    """What has been exported so far."""

    port: int
    spans: list[Span] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    """How many came in each content type."""

    @property
    def settings(self) -> dict[str, str]:
        """What a service must be told to export to it. Spans wait for so long that only a flush sends them."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}", "OTEL_BSP_SCHEDULE_DELAY": "600000"}


@contextmanager
def running_collector() -> Iterator[Collector]:
    """A collector that listens on loopback."""

    class Traces(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])) if "Content-Length" in self.headers else self.read_chunks()
            kind = self.headers.get_content_type()
            content = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.spans.extend(spans_of(content, kind))
            collector.requests[kind] = collector.requests.get(kind, 0) + 1
            answer = b"{}" if kind == "application/json" else ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def read_chunks(self) -> bytes:
            """A body of unknown length (RFC 9112, 7.1)."""
            found = b""
            while size := int(self.rfile.readline(), 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Traces) as server:
        collector = Collector(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield collector
        server.shutdown()


def spans_of(body: bytes, kind: str) -> list[Span]:
    """The spans of one export; fails where it is not OTLP."""
    if kind == "application/json":
        request = ParseDict(with_bytes(json.loads(body)), ExportTraceServiceRequest())
    else:
        assert kind == "application/x-protobuf", kind
        request = ExportTraceServiceRequest.FromString(body)
    return [
        read(service_of(resource), span) for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
    ]


def with_bytes(node: Any) -> Any:
    """OTLP's JSON with its ids as protobuf's JSON has them."""
    if isinstance(node, list):
        return [with_bytes(each) for each in node]
    if isinstance(node, dict):
        return {key: base64_of(value) if key in IDS else with_bytes(value) for key, value in node.items()}
    return node


def base64_of(identity: str) -> str:
    """A hexadecimal id in base64."""
    return b64encode(bytes.fromhex(identity)).decode()


def service_of(resource: Any) -> str:
    """The name of the service that a resource describes."""
    return str(next(each.value.string_value for each in resource.resource.attributes if each.key == "service.name"))


def read(service: str, span: WireSpan) -> Span:
    """A span off the wire."""
    return Span(
        service=service,
        name=span.name,
        kind=WireSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex() or None,
        links=tuple((each.trace_id.hex(), each.span_id.hex()) for each in span.links),
        attributes={each.key: value_of(each.value) for each in span.attributes},
        is_error=span.status.code == span.status.STATUS_CODE_ERROR,
    )


def value_of(value: Any) -> Any:
    """The value of an attribute."""
    which = value.WhichOneof("value")
    return MessageToDict(value) if which in ("array_value", "kvlist_value") else getattr(value, which)
