"""Distributed traces (OpenTelemetry): across HTTP, the database and the broker, exported where a collector is named."""

from __future__ import annotations

import os

from opentelemetry import metrics, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from notification.config import LATENCY_PROMISE_S, SERVICE_NAME, SYSTEM_NAME, Settings
from notification.infrastructure.database import Database

_providers: list[TracerProvider] = []
_exporting: list[BatchSpanProcessor] = []

SECONDS = sorted({0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, LATENCY_PROMISE_S})
"""Buckets of durations: the usual steps and the promise itself, so that it can be told how many requests keep it."""

os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
"""Spans in the words of the stable conventions, as services in other languages write them."""


def configure_telemetry(settings: Settings) -> None:
    """Set the process's tracer and meter once; a second call changes nothing."""
    if _providers:
        return
    resource = Resource.create(
        {"service.name": SERVICE_NAME, "service.namespace": SYSTEM_NAME, "deployment.environment.name": settings.environment}
    )
    provider = TracerProvider(resource=resource)
    if settings.otel_exporter_otlp_endpoint is not None:
        _exporting.append(BatchSpanProcessor(OTLPSpanExporter(timeout=5)))
        provider.add_span_processor(_exporting[0])
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(TraceContextTextMapPropagator())  # no baggage: it would carry callers' words into logs and to others
    views = [View(instrument_name="http.server.request.duration", aggregation=ExplicitBucketHistogramAggregation(SECONDS))]
    metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()], resource=resource, views=views))
    HTTPX2ClientInstrumentor().instrument()
    _providers.append(provider)


def trace_database(database: Database, settings: Settings) -> None:
    """Give each SQL statement of a request or a message a span; only where spans go somewhere, as they cost a third of its time.

    What the service does by itself, such as looking for events to publish, is no part of a trace.
    """
    if settings.otel_exporter_otlp_endpoint is not None:
        provider = TracerProvider(resource=_providers[0].resource, sampler=ParentBased(ALWAYS_OFF), shutdown_on_exit=False)
        for processor in _exporting:
            provider.add_span_processor(processor)
        engine = database.engine.sync_engine
        SQLAlchemyInstrumentor().instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)


def flush_telemetry() -> None:
    """Send the spans that wait."""
    for processor in _exporting:
        processor.force_flush(2000)
