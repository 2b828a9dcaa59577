"""Structured logs: one JSON object a line, with request and trace ids, and never personal data or secrets."""

from __future__ import annotations

import logging
import sys

import structlog
from opentelemetry import trace
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from payment.config import SERVICE_NAME, Settings

SENSITIVE = frozenset(
    {
        "authorization",
        "cookie",
        "password",
        "secret",
        "token",
        "provider_reference",
    }
)
"""Keys whose values are masked wherever they appear in a log record."""

MASK = "***"


def configure_logging(settings: Settings) -> None:
    """Send all logs, ours and the libraries', to standard output as JSON lines."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace_ids,
        mask_sensitive,
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=20)),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("uvicorn.access", "httpx2", "httpcore2", "aio_pika", "aiormq", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def add_trace_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The service's name, and the ids of the trace that the record belongs to."""
    event["service"] = SERVICE_NAME
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
        event["span_id"] = format(context.span_id, "016x")
    return event


def mask_sensitive(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Mask values under sensitive keys, at any depth."""
    return {key: MASK if key.lower() in SENSITIVE else _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {key: MASK if str(key).lower() in SENSITIVE else _masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return value
