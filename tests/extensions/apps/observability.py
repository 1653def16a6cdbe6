"""The smallest app for each extension that watches requests: errors, spans, metrics, a toolbar."""

import logging
import time
from typing import Any

import prometheus_client
import sentry_sdk
import sentry_sdk.integrations
from flask import Flask, before_render_template, got_request_exception, request, request_started
from flask_debugtoolbar import DebugToolbarExtension
from flask_debugtoolbar.panels import logger as toolbar_logger
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_flask_exporter import PrometheusMetrics
from sentry_sdk.integrations import flask as sentry_flask
from sentry_sdk.transport import Transport
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tests.extensions.setting import Setting


def _add_routes(app: Flask) -> None:
    app.add_url_rule("/users/<int:id>", "user", lambda id: {"id": id})
    app.add_url_rule("/users", "add", lambda: ({"added": request.get_json()}, 201), methods=["POST"])
    app.add_url_rule("/crash", "crash", lambda: 1 / 0)


class Envelopes(Transport):
    """A transport of sentry-sdk that keeps what it would send."""

    def __init__(self) -> None:
        super().__init__({})
        self.items: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.items += [item.payload.json for item in envelope.items if item.payload.json]

    def of_type(self, kind: str | None) -> list[Any]:
        return [item for item in self.items if item.get("type") == kind]


def by_sentry(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        transport = app.extensions["envelopes"] = Envelopes()
        call = Flask.__call__
        sentry_sdk.init(
            dsn="http://key@localhost/1",
            transport=transport,
            traces_sample_rate=1.0,
            enable_backpressure_handling=False,  # its thread would outlive the test
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[sentry_flask.FlaskIntegration()],
        )
        setting.cleanup.callback(_without_sentry, call)
        _add_routes(app)

        @app.get("/tagged/<name>")
        def tagged(name: str) -> Any:
            sentry_sdk.set_tag("name", name)
            time.sleep(0.02)  # so that another part runs meanwhile
            with sentry_sdk.start_span(op="db", name="select"):
                sentry_sdk.capture_message(f"hello {name}")
            return {"name": name}

    return app


def _without_sentry(call: Any) -> None:
    """Undo what sentry-sdk has changed in Flask and in its own modules."""
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    Flask.__call__ = call  # type: ignore[method-assign]
    sentry_sdk.integrations._processed_integrations.discard("flask")
    sentry_sdk.integrations._installed_integrations.discard("flask")
    request_started.disconnect(sentry_flask._request_started)
    before_render_template.disconnect(sentry_flask._add_sentry_trace)
    got_request_exception.disconnect(sentry_flask._capture_exception)


def by_opentelemetry(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        app.extensions["spans"] = exporter = InMemorySpanExporter()
        app.extensions["metrics"] = reader = InMemoryMetricReader()
        traces, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader], shutdown_on_exit=False)
        traces.add_span_processor(SimpleSpanProcessor(exporter))
        FlaskInstrumentor().instrument_app(app, tracer_provider=traces, meter_provider=meters)
        setting.cleanup.callback(meters.shutdown)
        setting.cleanup.callback(traces.shutdown)
        _add_routes(app)
    return app


def by_prometheus_exporter(setting: Setting, **options: Any) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        app.extensions["metrics"] = registry = prometheus_client.CollectorRegistry()
        PrometheusMetrics(app, registry=registry, group_by="url_rule", defaults_prefix="app", **options)
        _add_routes(app)
    return app


def by_prometheus_client(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        app.extensions["metrics"] = registry = prometheus_client.CollectorRegistry()
        reads = prometheus_client.Counter("reads", "Users read.", ["id"], registry=registry)
        metrics = prometheus_client.make_wsgi_app(registry)
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/metrics": metrics})  # type: ignore[method-assign]

        @app.get("/users/<int:id>")
        def user(id: int) -> Any:
            reads.labels(str(id)).inc()
            return {"id": id}

    return app


def by_debugtoolbar(setting: Setting) -> Flask:
    app = Flask("app")
    app.secret_key = "secret"
    app.debug, app.config["PROPAGATE_EXCEPTIONS"] = True, False
    for name in (None, "werkzeug"):
        setting.cleanup.callback(_set_handlers, logging.getLogger(name), list(logging.getLogger(name).handlers))
    with setting.gateway(app):
        DebugToolbarExtension(app)
        _add_routes(app)
        app.add_url_rule("/page", "page", lambda: "<html><body>page</body></html>")
    return app


def _set_handlers(logger: logging.Logger, handlers: list[logging.Handler]) -> None:
    """Take the toolbar's handler from a logger; a later toolbar adds another."""
    logger.handlers[:] = handlers
    toolbar_logger.handler = None  # type: ignore[assignment]
