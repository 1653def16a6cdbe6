"""The recipe's nginx as a cache that all clients share: what it keeps, for whom, and what it asks the app for."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask, request
from flask_cors import CORS

from tests.extensions.conftest import Recipe
from tests.extensions.nginx import NGINX, started
from tests.extensions.recipes import block
from tests.ports import free_port

USERS: tuple[dict[str, str], ...] = (
    {"Cookie": "user=ann"},
    {"Cookie": "user=bob"},
    {"Authorization": "Bearer ann"},
    {"Authorization": "Bearer bob"},
    {},
)
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def from_cache(self) -> str | None:
        """What nginx says of its cache, None where it does not use it."""
        return self.headers["X-Cache-Status"]


Ask = Callable[..., Answer]


@pytest.fixture
def hits() -> Counter[str]:
    """By method and path, how often the app was asked."""
    return Counter()


@pytest.fixture
def app(recipe: Recipe, hits: Counter[str]) -> Flask:
    """The recipe's app, with a route that says of its caching what the query asks for, and shows who asked."""
    settings = 'Gateway(app, profile="open", timings=False)'
    app: Flask = recipe("Cache responses in nginx", {"Gateway(app)": settings}).app
    app.before_request(lambda: hits.update([f"{request.method} {request.path}"]))

    @app.get("/stated")
    def stated() -> Any:
        fields = [(name, value) for name, value in request.args.items() if name != "status"]
        user = request.cookies.get("user") or request.headers.get("Authorization")
        language = request.headers.get("Accept-Language")
        return {"user": user, "language": language}, int(request.args.get("status", 200)), fields

    return app


@pytest.fixture
def ask(app: Flask, serve: Callable[[Any], str], tmp_path: Path) -> Iterator[Ask]:
    port = free_port()
    replaced = {"80;": f"127.0.0.1:{port};", "http://127.0.0.1:8000": serve(app), "/var/cache/nginx": str(tmp_path)}

    def ask(target: str, headers: dict[str, str] | None = None, method: str = "GET", body: Any = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        fields = {"Host": "shop.example", "Content-Type": "application/json"} | (headers or {})
        try:
            connection.request(method, target, None if body is None else json.dumps(body), fields)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    with started(block("Cache responses in nginx", "nginx", replaced), port, tmp_path):
        yield ask


def stated(cache_control: str | None = None, **fields: str) -> str:
    given = ({"Cache-Control": cache_control} if cache_control else {}) | fields
    return "/stated?" + "&".join(f"{name.replace('_', '-')}={quote(value)}" for name, value in given.items())


def forms(*paths: str) -> list[str]:
    """Both requests for these paths that a cache may keep."""
    fields = " ".join(f"p{number}: get(path: {json.dumps(path)})" for number, path in enumerate(paths))
    query = "&".join(f"path={quote(path, safe='/')}" for path in paths)
    return [f"/aggregate?{query}", f"/graphql?query={quote(f'{{ {fields} }}')}"]


@pytest.mark.parametrize("form", [0, 1], ids=["aggregate", "graphql"])
def test_what_is_public_is_asked_for_once_whoever_asks(ask: Ask, hits: Counter[str], form: int) -> None:
    answers = [ask(forms("/news")[form], user) for user in USERS]
    assert len({answer.body for answer in answers}) == 1
    assert [answer.from_cache for answer in answers] == ["MISS", "HIT", "HIT", "HIT", "HIT"]
    assert all(answer.headers["X-Content-Type-Options"] == "nosniff" for answer in answers)
    assert hits["GET /news"] == 1


@pytest.mark.parametrize("form", [0, 1], ids=["aggregate", "graphql"])
@pytest.mark.parametrize(
    "path",
    [
        stated(),
        stated("private, max-age=60"),
        stated("max-age=60"),
        stated("public, no-cache"),
        stated("no-store"),
        stated('public, max-age=60, private="x-a"'),
        stated("public, max-age=60", X_Accel_Expires="0"),
        stated("public, max-age=60", Vary="Cookie, Authorization"),
        stated("public, max-age=60", Vary="*"),
    ],
)
def test_k5_what_is_one_users_is_no_others(ask: Ask, path: str, form: int) -> None:
    target = forms("/news", path)[form]
    for _ in range(2):
        for user in USERS:
            answer = ask(target, user)
            found = answer.json if form == 0 else answer.json["data"]
            own = next(iter(user.values()), None)
            assert list(found.values())[1]["user"] == (own.removeprefix("user=") if own else None)


def test_a_batch_with_one_private_part_is_not_kept(ask: Ask, hits: Counter[str]) -> None:
    for target in forms("/news", "/cart"):
        assert [ask(target, user).from_cache for user in USERS] == ["MISS"] * 5
    assert hits["GET /cart"] == 10


@pytest.mark.parametrize("form", [0, 1], ids=["aggregate", "graphql"])
def test_k5_an_error_is_not_kept(ask: Ask, hits: Counter[str], form: int) -> None:
    for path in (stated("public, max-age=60", status="500"), stated("public, max-age=60", status="404"), "/nowhere"):
        answers = [ask(forms("/news", path)[form]) for _ in range(2)]
        assert [answer.from_cache for answer in answers] == ["MISS", "MISS"]
    assert hits["GET /stated"] == 4
    assert ask(forms("/news", stated("public, max-age=60", Set_Cookie="a=1; Path=/"))[form]).headers["Set-Cookie"]
    again = ask(forms("/news", stated("public, max-age=60", Set_Cookie="a=1; Path=/"))[form])
    assert again.from_cache == "MISS"


def test_k5_a_failed_precondition_and_a_stream_are_nobody_elses(ask: Ask) -> None:
    target = forms("/news")[0]
    ask(target, {"If-Match": '"other"'})
    assert ask(target).status == 200
    assert [ask(f"{target}&stream=true").from_cache for _ in range(2)] == ["MISS", "MISS"]


@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_what_has_a_body_passes_through(ask: Ask, hits: Counter[str], method: str) -> None:
    for user in USERS:
        found = ask("/aggregate", user, method, ["/news", stated()])
        assert (found.status, found.from_cache, found.json["/news"]) == (200, None, ["Open to all"])
        assert ask("/graphql", user, method, {"query": '{ get(path: "/news") }'}).status == 200
    assert hits["GET /news"] == 10


def test_a_stale_answer_is_renewed_by_304(ask: Ask, hits: Counter[str]) -> None:
    for target in forms(stated("public, max-age=1")):
        hits.clear()
        first = ask(target)
        deadline = time.monotonic() + 10
        while (later := ask(target)).from_cache == "HIT":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert (first.from_cache, later.from_cache) == ("MISS", "REVALIDATED")  # nginx has said If-None-Match
        assert (later.status, later.body) == (200, first.body)
        assert hits[f"GET {urlsplit(target).path}"] == hits["GET /stated"] == 2


def test_a_client_that_has_it_gets_304_of_nginx(ask: Ask, hits: Counter[str]) -> None:
    for target in forms("/news"):
        hits.clear()
        etag = ask(target).headers["ETag"]
        again = ask(target, {"If-None-Match": etag})
        assert (again.status, again.body, again.headers["ETag"], again.from_cache) == (304, b"", etag, "HIT")
        assert hits["GET /news"] == 1


def test_what_differs_by_a_field_is_kept_for_each_of_its_values(ask: Ask, hits: Counter[str]) -> None:
    target = forms(stated("public, max-age=60", Vary="Accept-Language"))[0]
    for _ in range(2):
        for language in ("en", "de"):
            (found,) = ask(target, {"Accept-Language": language}).json.values()
            assert found["language"] == language
    assert hits["GET /stated"] == 2


def test_an_answer_has_the_media_type_that_its_client_accepts(ask: Ask) -> None:
    target = forms("/news")[1]
    for _ in range(2):
        for name in ("application/json", "application/graphql-response+json"):
            assert ask(target, {"Accept": name}).headers["Content-Type"] == f"{name}; charset=utf-8"


@pytest.mark.parametrize(("first", "then"), [("HEAD", "GET"), ("GET", "HEAD")])
def test_head_and_get_share_what_is_kept(ask: Ask, hits: Counter[str], first: str, then: str) -> None:
    for target in forms("/news"):
        hits.clear()
        answers = {first: ask(target, method=first), then: ask(target, method=then)}
        assert answers["HEAD"].body == b""
        assert answers["GET"].json
        assert int(answers["HEAD"].headers["Content-Length"]) == len(answers["GET"].body)
        assert hits["GET /news"] == 1


def test_an_extension_that_adds_to_vary_takes_nothing_from_it(app: Flask, ask: Ask) -> None:
    CORS(app, origins=["https://a.example", "https://b.example"])
    target = forms(stated("max-age=60"))[0]
    for user in USERS[:4]:
        (found,) = ask(target, {"Origin": "https://a.example", **user}).json.values()
        assert found["user"] == next(iter(user.values())).removeprefix("user=")
