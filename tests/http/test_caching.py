"""What an answer says of its caching: the strictest of its parts, an ETag, 304, forms that caches know."""

import json
from typing import Any

import pytest
from flask import Flask, request

from restgql import Gateway

CACHE = "Cache-Control"
PERSONAL = "Accept, Authorization, Cookie"
UNSTATED = ("private, no-cache", PERSONAL)
PUBLIC = {CACHE: "public, max-age=60"}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)

    @app.get("/part")
    def part() -> Any:
        """A response with the header fields that the query asks for, and its `status`."""
        fields = [(name.replace("_", "-"), value) for name, value in request.args.items() if name != "status"]
        return {"a": 1}, int(request.args.get("status", 200)), fields

    Gateway(app, routes=["*"], profile="open", timings=False)
    return app


def part(**fields: str) -> str:
    return "/part" + ("?" if fields else "") + "&".join(f"{name}={value}" for name, value in fields.items())


def aggregate(app: Flask, paths: list[str], **headers: str) -> Any:
    query = [("path", path) for path in paths]
    return app.test_client().get("/aggregate", query_string=query, headers=headers)


@pytest.mark.parametrize(
    ("parts", "cache_control", "vary"),
    [
        ([{}], *UNSTATED),
        ([{CACHE: "public, max-age=60"}], "public, max-age=60", "Accept"),
        ([{CACHE: "public, max-age=60"}, {CACHE: "public, max-age=10"}], "public, max-age=10", "Accept"),
        ([{CACHE: "public, max-age=60", "Age": "50"}], "public, max-age=10", "Accept"),
        ([{CACHE: "public, max-age=60", "Age": "90"}], "public, max-age=0", "Accept"),
        ([{CACHE: "public, max-age=60"}, {}], *UNSTATED),
        ([{CACHE: "max-age=60"}], "max-age=60", "Accept, Authorization, Cookie"),
        (
            [{CACHE: "public, max-age=60"}, {CACHE: "private, max-age=30"}],
            "private, max-age=30",
            "Accept, Authorization, Cookie",
        ),
        ([{CACHE: "public, max-age=9, s-maxage=60"}, {CACHE: "public, max-age=7, s-maxage=30"}],
         "public, max-age=7, s-maxage=30", "Accept"),
        ([{CACHE: "public, max-age=9, must-revalidate"}, {CACHE: "public, max-age=9"}],
         "public, must-revalidate, max-age=9", "Accept"),
        ([{CACHE: "public, max-age=9, immutable"}, {CACHE: "public, max-age=9"}], "public, max-age=9", "Accept"),
        ([{CACHE: "public"}], "public, no-cache", "Accept"),
        ([{CACHE: "public, max-age=x"}], *UNSTATED),
        ([{CACHE: "public, max-age=60", "Vary": "Accept-Language"}, {CACHE: "public, max-age=60", "Vary": "X-A, x-b"}],
         "public, max-age=60", "Accept, accept-language, x-a, x-b"),
        ([{CACHE: "public, max-age=60", "Vary": "*"}], "public, max-age=60", "*"),
        ([{CACHE: "public, max-age=60"}, {CACHE: "no-store"}], "no-store", None),
        ([{CACHE: "public, max-age=60", "Set-Cookie": "a"}], "no-store", None),
        ([{CACHE: "public, max-age=60"}, {CACHE: "public, max-age=60", "status": "404"}], "no-store", None),
        # what a shared cache may do with one part it may do with all
        ([{CACHE: "max-age=60, s-maxage=5"}, {CACHE: "public, max-age=60"}], "max-age=60, s-maxage=5", "Accept"),
        ([{CACHE: "max-age=60, s-maxage=5"}, {CACHE: "max-age=60"}], "private, max-age=60", PERSONAL),
        ([{CACHE: "s-maxage=5"}, {CACHE: "public"}], "no-cache", "Accept"),
        ([{CACHE: "max-age=9, must-revalidate"}], "must-revalidate, max-age=9", PERSONAL),
        ([{CACHE: "max-age=9, must-revalidate"}, {CACHE: "max-age=9"}],
         "private, must-revalidate, max-age=9", PERSONAL),
        ([{**PUBLIC, "CDN-Cache-Control": "max-age=5"}], "private, max-age=60", PERSONAL),
        ([{**PUBLIC, "X-Accel-Expires": "0"}], "private, max-age=60", PERSONAL),
        ([{**PUBLIC, "Surrogate-Control": "no-store"}], "private, max-age=60", PERSONAL),
        # what remains
        ([{CACHE: "public, max-age=60, s-maxage=90", "Age": "70"}], "public, max-age=0, s-maxage=20", "Accept"),
        ([{CACHE: "public, max-age=60, stale-while-revalidate=30", "Age": "80"}],
         "public, max-age=0, stale-while-revalidate=10", "Accept"),
        ([{**PUBLIC, "Age": "5, 50"}], "public, max-age=10", "Accept"),
        ([{**PUBLIC, "Age": "x"}], "public, max-age=60", "Accept"),
        ([{**PUBLIC, "Age": "9" * 5000}], "public, max-age=0", "Accept"),
        ([{CACHE: "public, max-age=" + "9" * 5000}], "public, max-age=2147483648", "Accept"),
        ([{CACHE: "public", "Expires": "Fri, 01 Jan 2100 00:00:00 GMT"}], "public, no-cache", "Accept"),
        ([{"Expires": "Fri, 01 Jan 2100 00:00:00 GMT", "Pragma": "public"}], *UNSTATED),
        # as it is written
        ([{CACHE: 'PUBLIC, Max-Age="60"'}], "public, max-age=60", "Accept"),
        ([{CACHE: "public ,, max-age = 60,"}], "public, max-age=60", "Accept"),
        ([{CACHE: "public, max-age=60, MAX-AGE=5, max-age=30"}], "public, max-age=5", "Accept"),
        ([{CACHE: 'public, max-age=60, no-cache="x-a, x-b"'}], "public, no-cache, max-age=60", "Accept"),
        ([{CACHE: 'max-age=60, private="x-a"'}], "private, max-age=60", PERSONAL),
        ([{CACHE: "max-age=60, No-Store=1"}], "no-store", None),
        ([{CACHE: "must-understand, no-store, max-age=60"}], "no-store", None),
        ([{CACHE: 'max-age=60, a="b, no-store'}], "no-store", None),
        ([{CACHE: 'public, max-age=60, a="b, private'}], *UNSTATED),
        ([{CACHE: "public, max-age=60 private"}], *UNSTATED),
        ([{CACHE: "private max-age=60"}], *UNSTATED),
        ([{CACHE: "public, max-age=-1"}], *UNSTATED),
        ([{CACHE: "public, max-age=1.5"}], *UNSTATED),
        ([{CACHE: "public, max-age"}], *UNSTATED),
        ([{CACHE: "public, max-age=\u0663"}], *UNSTATED),
        ([{CACHE: "unknown"}], *UNSTATED),
        ([{CACHE: "no-transform"}], "private, no-cache, no-transform", PERSONAL),
        ([{CACHE: ""}], *UNSTATED),
        ([{CACHE: "no-cache"}], "no-cache", PERSONAL),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_is_as_strict_as_the_strictest_of_its_parts(
    app: Flask, parts: list[dict[str, str]], cache_control: str, vary: str | None
) -> None:
    paths = [part(**fields) + f"{'&' if fields else '?'}n={number}" for number, fields in enumerate(parts)]
    if any(len(path) > 4096 for path in paths):  # no path is that long
        paths = [f"/huge/{number}" for number in range(len(paths))]
        app.add_url_rule("/huge/<int:n>", "huge", lambda n: ({"a": 1}, 200, parts[n]))
    answer = aggregate(app, paths)
    assert (answer.headers[CACHE], answer.headers.get("Vary")) == (cache_control, vary)
    assert ("ETag" in answer.headers) is (cache_control != "no-store")
    fields = " ".join(f"a{number}: get(path: {json.dumps(path)})" for number, path in enumerate(paths))
    answer = app.test_client().get("/graphql", query_string={"query": f"{{ {fields} }}"})
    assert (answer.headers[CACHE], answer.headers.get("Vary")) == (cache_control, vary)
    assert "Age" not in answer.headers


def test_a_client_that_has_it_already_gets_304(app: Flask) -> None:
    paths = [part(**{CACHE: "public, max-age=60"})]
    first = aggregate(app, paths)
    assert not first.headers["ETag"].startswith("W/")
    for given in (first.headers["ETag"], "W/" + first.headers["ETag"], "*"):
        again = aggregate(app, paths, If_None_Match=given)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers[CACHE] == first.headers[CACHE]
    assert aggregate(app, paths, If_None_Match='"other"').status_code == 200
    posted = app.test_client().post("/aggregate", json=paths, headers={"If-None-Match": "*"})
    assert posted.status_code == 200


def test_timings_in_an_answer_keep_it_from_being_stored() -> None:
    app = Flask(__name__)
    app.add_url_rule("/part", "part", lambda: ({}, 200, {CACHE: "public, max-age=60"}))
    Gateway(app, routes=["*"], timings=True, profile="open")
    answer = app.test_client().get('/graphql?query={get(path:"/part")}')
    assert answer.headers[CACHE] == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(("status", "name"), [(401, "WWW-Authenticate"), (429, "Retry-After")])
def test_a_status_of_every_part_is_the_outer_one(app: Flask, status: int, name: str) -> None:
    paths = [part(status=str(status), **{name: "7"}), part(status=str(status), **{name: "7"}, n="1")]
    answer = app.test_client().post("/aggregate", json=paths)
    assert (answer.status_code, answer.headers[name], answer.headers[CACHE]) == (status, "7", "no-store")
    assert list(answer.json or ()) == paths
    other = part(status=str(status), **{name: "60"})
    merged = app.test_client().post("/aggregate", json=[paths[0], other, paths[1]])
    assert merged.headers[name] == {401: "7, 60", 429: "60"}[status]
    mixed = app.test_client().post("/aggregate", json=[*paths, part()])
    assert (mixed.status_code, name in mixed.headers) == (200, False)
    fields = f"{{ get(path: {json.dumps(paths[0])}) }}"
    assert app.test_client().post("/graphql", json={"query": fields}).status_code == 200


def test_query_is_answered_like_post_and_may_be_stored(app: Flask) -> None:
    client, path = app.test_client(), part(**{CACHE: "public, max-age=60"})
    for place, body in (("/aggregate", [path]), ("/graphql", {"query": f"{{ get(path: {json.dumps(path)}) }}"})):
        asked = client.open(place, method="QUERY", json=body)
        assert asked.json == client.post(place, json=body).json
        assert asked.headers[CACHE] == "public, max-age=60"
        again = client.open(place, method="QUERY", json=body, headers={"If-None-Match": asked.headers["ETag"]})
        assert again.status_code == 304
    refused = client.open("/aggregate", method="QUERY", data="[]", content_type="text/plain")
    assert refused.status_code == 415
