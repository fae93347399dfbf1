"""Traces by OpenTelemetry's own settings, named by its conventions for generative AI; nothing without those settings.

An answer is a span ``invoke_agent``, and each request to a chat model a span ``chat`` below it: with tokens and faults,
without a word of what was asked or answered. LangSmith needs nothing of ours: LangChain reads its settings by itself.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from assistant.types import Usage

_log = logging.getLogger(__name__)
_NAME = "article-assistant"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def begin(operation: str, subject: str, attributes: Mapping[str, str]) -> Span | None:
    """A span that has begun; ``None`` where the settings ask for no traces, or OpenTelemetry is not installed."""
    tracer = _tracer() if _is_asked_for() else None
    if tracer is None:
        return None
    from opentelemetry.trace import SpanKind

    named = {"gen_ai.operation.name": operation, **attributes}
    kind = SpanKind.CLIENT if operation == "chat" else SpanKind.INTERNAL
    return tracer.start_span(f"{operation} {subject}", kind=kind, attributes=named)


def within(span: Span | None) -> AbstractContextManager[Any]:
    """Inside, spans that begin in this thread are below ``span``."""
    if span is None:
        return nullcontext()
    from opentelemetry.trace import use_span

    return use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False)


@contextmanager
def ended(span: Span | None, usage: Callable[[], Usage]) -> Iterator[None]:
    """Ends ``span`` when the block does, with the tokens of ``usage`` and the fault, if there was one."""
    if span is None:
        yield
        return
    from opentelemetry.trace import StatusCode

    try:
        yield
    except Exception as error:
        span.set_attribute("error.type", str(getattr(error, "fault", type(error).__name__)))
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        spent = usage()
        span.set_attributes(
            {"gen_ai.usage.input_tokens": spent.input_tokens, "gen_ai.usage.output_tokens": spent.output_tokens}
        )
        span.end()


def _is_asked_for(environment: Mapping[str, str] = os.environ) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    return exporter != "none" and bool(exporter or any(environment.get(name) for name in _ENDPOINTS))


@cache
def _tracer() -> Tracer | None:
    """That of the program around this one where it has set up OpenTelemetry, else our own, by the settings."""
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider):
            named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: _NAME}
            provider = own = TracerProvider(resource=Resource.create(named))
            for exporter in _exporters():
                own.add_span_processor(BatchSpanProcessor(exporter()))
        return provider.get_tracer(_NAME)
    except (ImportError, LookupError) as error:
        _log.warning("OpenTelemetry's settings ask for traces, and what they need is not installed: %s", error)
        return None


def _exporters() -> Iterator[Callable[[], Any]]:
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    otlp = "otlp_proto_http" if (protocol or "grpc").startswith("http") else "otlp_proto_grpc"
    for name in (os.environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(","):
        wanted = otlp if name.strip() == "otlp" else name.strip()
        (found, *_) = entry_points(group="opentelemetry_traces_exporter", name=wanted) or _missing(wanted)
        yield found.load()


def _missing(name: str) -> Any:
    raise LookupError(f"the exporter {name}")
