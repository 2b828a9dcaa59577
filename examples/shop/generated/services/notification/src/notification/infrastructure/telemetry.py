"""What is measured and traced of this service: the duration of its requests, and its SQL statements as parts of traces."""

from __future__ import annotations

from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View

from notification.config import LATENCY_PROMISE_S, Settings
from notification.infrastructure.database import Database
from notification.infrastructure.tracer import configure_tracer, inner_provider, resource_of

_providers: list[MeterProvider] = []

SECONDS = sorted({0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, LATENCY_PROMISE_S})
"""Buckets of durations: the usual steps and the promise itself, so that it can be told how many requests keep it."""


def configure_telemetry(settings: Settings) -> None:
    """Set the process's tracer and meter once; a second call changes nothing."""
    configure_tracer(settings)
    if _providers:
        return
    views = [View(instrument_name="http.server.request.duration", aggregation=ExplicitBucketHistogramAggregation(SECONDS))]
    provider = MeterProvider(metric_readers=[PrometheusMetricReader()], resource=resource_of(settings), views=views)
    metrics.set_meter_provider(provider)
    _providers.append(provider)


def trace_database(database: Database, settings: Settings) -> None:
    """Give each SQL statement of a request or a message a span; only where spans go somewhere, as they cost a third of its time.

    What the service does by itself, such as looking for events to publish, is no part of a trace.
    """
    if settings.otel_exporter_otlp_endpoint is not None:
        engine = database.engine.sync_engine
        SQLAlchemyInstrumentor().instrument(engine=engine, tracer_provider=inner_provider(settings), skip_dep_check=True)
