"""Distributed traces (OpenTelemetry): across HTTP, the database and the broker, exported where a collector is named."""

from __future__ import annotations

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from notification.config import SERVICE_NAME, SYSTEM_NAME, Settings
from notification.infrastructure.database import Database

_providers: list[TracerProvider] = []


def configure_telemetry(settings: Settings) -> None:
    """Set the process's tracer and meter once; a second call changes nothing."""
    if _providers:
        return
    resource = Resource.create(
        {"service.name": SERVICE_NAME, "service.namespace": SYSTEM_NAME, "deployment.environment.name": settings.environment}
    )
    provider = TracerProvider(resource=resource)
    if settings.otel_exporter_otlp_endpoint is not None:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=5)))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()], resource=resource))
    HTTPX2ClientInstrumentor().instrument()
    _providers.append(provider)


def trace_database(database: Database, settings: Settings) -> None:
    """Give each SQL statement a span; only where spans go somewhere, as they cost a third of a request's time."""
    if settings.otel_exporter_otlp_endpoint is not None:
        SQLAlchemyInstrumentor().instrument(engine=database.engine.sync_engine, skip_dep_check=True)


def flush_telemetry() -> None:
    """Send the spans that wait."""
    for provider in _providers:
        provider.force_flush(2000)
