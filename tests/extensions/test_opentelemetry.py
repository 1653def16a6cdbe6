"""opentelemetry-instrumentation-flask: a span for each part, whose parent is that of a direct request."""

from typing import Any

import flask
import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from restgql import Gateway
from tests.equality.client import Headers
from tests.extensions.apps import observability
from tests.extensions.setting import SETTINGS, Client

settings = pytest.mark.parametrize("options", SETTINGS)
TRACE, SPAN = 0x11111111111111111111111111111111, 0x2222222222222222
CALLER: Headers = [("traceparent", f"00-{TRACE:x}-{SPAN:x}-01")]


@pytest.fixture(autouse=True)
def no_span_is_left() -> Any:
    yield
    assert trace.get_current_span() is trace.INVALID_SPAN


def new(setting: Any) -> tuple[Client, InMemorySpanExporter]:
    app = observability.by_opentelemetry(setting)
    return Client(app), app.extensions["spans"]


def spans_of(exporter: InMemorySpanExporter) -> dict[str, Any]:
    """Return the finished spans by target. Each target was requested once."""
    spans = {span.attributes["http.target"]: span for span in exporter.get_finished_spans()}
    assert len(spans) == len(exporter.get_finished_spans())
    exporter.clear()
    return spans


@settings
def test_each_part_has_the_span_of_a_direct_request(make_setting: Any, options: dict[str, Any]) -> None:
    client, exporter = new(make_setting(**options))
    for path in ("/users/1", "/crash"):
        client.get(path, CALLER)
    direct = spans_of(exporter)
    client.post("/aggregate", ["/users/1", "/crash"], CALLER)
    through = spans_of(exporter)
    outer = through.pop("/aggregate", None)
    assert (outer is None) == (options.get("hooks") is False)  # the span is opened by a hook
    assert through.keys() == direct.keys()
    for path, span in through.items():
        assert (span.name, span.kind, span.status.status_code) == described(direct[path])
        assert dict(span.attributes) == dict(direct[path].attributes)
        assert (span.context.trace_id, span.parent.span_id) == (TRACE, SPAN)
    assert through["/crash"].status.status_code is StatusCode.ERROR
    if outer is not None:
        assert (outer.context.trace_id, outer.parent.span_id, outer.name) == (TRACE, SPAN, "POST /aggregate")


def described(span: Any) -> tuple[Any, ...]:
    return span.name, span.kind, span.status.status_code


@settings
def test_without_a_header_of_the_caller_each_part_is_a_trace_of_its_own(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client, exporter = new(make_setting(**options))
    client.aggregate(["/users/1", "/users/2"])
    spans = spans_of(exporter)
    assert len({span.context.trace_id for span in spans.values()}) == len(spans)
    assert {span.parent for span in spans.values()} == {None}


@settings
def test_a_span_around_the_app_is_the_parent_of_all(make_setting: Any, options: dict[str, Any]) -> None:
    client, exporter = new(make_setting(**options))
    provider = TracerProvider(shutdown_on_exit=False)
    around = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(around))
    application = Client(OpenTelemetryMiddleware(client.app, tracer_provider=provider))
    application.aggregate(["/users/1", "/users/2"])
    (root,) = around.get_finished_spans()
    spans = spans_of(exporter)
    assert spans.keys() >= {"/users/1", "/users/2"}
    for span in spans.values():
        assert (span.parent.span_id, span.kind) == (root.context.span_id, SpanKind.INTERNAL)


@settings
def test_durations_count_each_part_and_the_outer_request(make_setting: Any, options: dict[str, Any]) -> None:
    client, _ = new(make_setting(**options))
    client.aggregate(["/users/1", "/users/2", "/crash"])
    client.get("/users/1")
    (resource,) = client.app.extensions["metrics"].get_metrics_data().resource_metrics
    metrics = {metric.name: metric.data.data_points for metric in resource.scope_metrics[0].metrics}
    counts = {point.attributes["http.target"]: point.count for point in metrics["http.server.duration"]}
    assert counts == {"/users/<int:id>": 3, "/crash": 1, "/aggregate": 1}
    assert {point.value for point in metrics["http.server.active_requests"]} == {0}


@pytest.mark.parametrize("multithread", [True, pytest.param(False, marks=pytest.mark.one_thread)])
def test_the_instrumentation_of_all_apps_is_the_same(multithread: bool) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    own = flask.Flask
    FlaskInstrumentor().instrument(tracer_provider=provider)
    try:
        app = flask.Flask("app")
        app.add_url_rule("/users/<int:id>", "user", lambda id: {"id": id})
        Gateway(app)
    finally:
        FlaskInstrumentor().uninstrument()
    assert flask.Flask is own
    Client(app).post("/aggregate", ["/users/1", "/users/2"], CALLER)
    spans = spans_of(exporter)
    assert spans.keys() == {"/aggregate", "/users/1", "/users/2"}
    assert {span.parent.span_id for span in spans.values()} == {SPAN}
