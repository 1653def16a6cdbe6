"""Prometheus: a metric of requests counts each part and the outer request, a counter of a view counts the parts."""

from collections import Counter
from typing import Any

import pytest

from tests.extensions.apps import observability
from tests.extensions.setting import SETTINGS, Client

settings = pytest.mark.parametrize("options", SETTINGS)


def requests_of(client: Client) -> Counter[tuple[str, str, str]]:
    """Return the number of counted requests by method, rule and status."""
    (family,) = [
        family
        for family in client.app.extensions["metrics"].collect()
        if family.name == "app_http_request_duration_seconds"
    ]
    return Counter(
        {
            (sample.labels["method"], sample.labels["url_rule"], sample.labels["status"]): int(sample.value)
            for sample in family.samples
            if sample.name.endswith("_count")
        }
    )


@settings
def test_prometheus_flask_exporter_counts_one_and_each_part(make_setting: Any, options: dict[str, Any]) -> None:
    paths = ["/users/1", "/users/2", "/crash", "/nowhere"]
    direct = Client(observability.by_prometheus_exporter(make_setting(**options)))
    for path in paths:
        direct.get(path)
    direct.send("/users", {"name": "Ann"})
    client = Client(observability.by_prometheus_exporter(make_setting(**options)))
    client.aggregate(paths)
    client.mutate("/users", {"name": "Ann"})
    outer = Counter({("POST", "/aggregate", "200"): 1, ("POST", "/graphql", "200"): 1})
    assert requests_of(client) == requests_of(direct) + (Counter() if options.get("hooks") is False else outer)
    assert requests_of(direct)["GET", "/users/<int:id>", "200"] == 2


@settings
def test_prometheus_flask_exporter_the_outer_request_can_be_left_out(
    make_setting: Any, options: dict[str, Any]
) -> None:
    app = observability.by_prometheus_exporter(make_setting(**options), excluded_paths=["/graphql", "/aggregate"])
    client = Client(app)
    client.aggregate(["/users/1", "/users/2"])
    assert requests_of(client) == {("GET", "/users/<int:id>", "200"): 2}


@settings
def test_prometheus_client_a_counter_of_a_view_counts_the_parts(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(observability.by_prometheus_client(make_setting(**options)))
    client.aggregate(["/users/1", "/users/2", "/users/2"])
    client.query('{ a: get(path: "/users/2") b: get(path: "/users/2") c: get(path: "/users/2?x") }')
    registry = client.app.extensions["metrics"]
    # what is asked for twice in an operation is one request
    assert [registry.get_sample_value("reads_total", {"id": id}) for id in ("1", "2")] == [1.0, 3.0]


@settings
def test_prometheus_client_its_app_is_reached_until_routes_are_chosen(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(observability.by_prometheus_client(make_setting(**options)))
    client.aggregate(["/users/1"])
    assert 'reads_total{id="1"} 1.0' in client.fetch("/metrics").text
    chosen = make_setting(**options, options={"routes": ["*", "!/metrics"]})
    assert Client(observability.by_prometheus_client(chosen)).fetch("/metrics").code == "NOT_ALLOWED"
