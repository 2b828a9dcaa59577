"""Distributed traces (OpenTelemetry): across HTTP, exported where a collector is named."""

from __future__ import annotations

import os

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from inventory.config import SERVICE_NAME, SYSTEM_NAME, Settings

_providers: list[TracerProvider] = []
_exporting: list[BatchSpanProcessor] = []

os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
"""Spans in the words of the stable conventions, as services in other languages write them."""


def configure_tracer(settings: Settings) -> None:
    """Set the process's tracer once; a second call changes nothing."""
    if _providers:
        return
    provider = TracerProvider(resource=resource_of(settings))
    if settings.otel_exporter_otlp_endpoint is not None:
        _exporting.append(BatchSpanProcessor(OTLPSpanExporter(timeout=5)))
        provider.add_span_processor(_exporting[0])
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(TraceContextTextMapPropagator())  # no baggage: it would carry callers' words into logs and to others
    HTTPX2ClientInstrumentor().instrument()
    _providers.append(provider)


def resource_of(settings: Settings) -> Resource:
    """Whose traces and measurements these are."""
    return Resource.create(
        {"service.name": SERVICE_NAME, "service.namespace": SYSTEM_NAME, "deployment.environment.name": settings.environment}
    )


def inner_provider(settings: Settings) -> TracerProvider:
    """What traces only what is part of a trace already: what the service does by itself is none."""
    provider = TracerProvider(resource=resource_of(settings), sampler=ParentBased(ALWAYS_OFF), shutdown_on_exit=False)
    for processor in _exporting:
        provider.add_span_processor(processor)
    return provider


def flush_traces() -> None:
    """Send the spans that wait."""
    for processor in _exporting:
        processor.force_flush(2000)
