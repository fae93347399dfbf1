"""Traces: none unless OpenTelemetry's settings ask for them, and then without a word of what was asked."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from assistant.errors import ModelError
from assistant.models import tracing
from tests.assistant.conftest import MEETING_QUESTION, Open
from tests.scripted_server import ScriptedServer, refuses, says


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", lambda: provider.get_tracer("test"))
    return exporter


def test_an_answer_is_a_span_with_the_models_requests_below_it(
    kept: InMemorySpanExporter, open_desk: Open, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    server.plays(says("He met Sébastien Lecornu. [1]", usage=(1_000, 20)))
    open_desk().ask(MEETING_QUESTION)
    chat, answer = kept.get_finished_spans()
    assert (chat.name, answer.name) == ("chat m", "invoke_agent article-assistant")
    assert chat.parent is not None
    assert chat.parent.span_id == answer.context.span_id
    assert dict(chat.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 1_000,
        "gen_ai.usage.output_tokens": 20,
    }
    assert "Umerov" not in chat.to_json() + answer.to_json()


def test_a_fault_of_the_model_is_named(
    kept: InMemorySpanExporter, open_desk: Open, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    server.plays(refuses(401, "sk-secret-key is wrong"))
    with pytest.raises(ModelError):
        open_desk().ask(MEETING_QUESTION)
    for span in kept.get_finished_spans():
        assert (span.attributes or {})["error.type"] == "key_refused"
        assert "sk-secret" not in span.to_json()
    assert len(kept.get_finished_spans()) == 2


@pytest.mark.parametrize(
    "settings", [{}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}]
)
def test_unless_it_is_asked_for_nothing_is_traced(
    kept: InMemorySpanExporter, open_desk: Open, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    open_desk(model="extractive").ask(MEETING_QUESTION)
    assert kept.get_finished_spans() == ()


def test_the_settings_choose_where_traces_go(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    assert list(tracing._exporters()) == [ConsoleSpanExporter]
    assert tracing._tracer.__wrapped__() is not None
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)  # other libraries' spans are not sent
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "carrier-pigeon")
    assert tracing._tracer.__wrapped__() is None
    assert "the exporter carrier-pigeon" in caplog.text
