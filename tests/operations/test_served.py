"""A stored operation over HTTP: its methods, its body, its status and header fields."""

import io
import json
from pathlib import Path

import pytest
from flask import Flask, request
from flask.cli import ScriptInfo

from restgql import BadRequest, Gateway, LimitExceeded, UpstreamStatus
from restgql.cli import cli
from restgql.operations.stored import sha256
from tests.operations.folder import Folder

CACHE = "Cache-Control"
JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
PROBLEM = "application/problem+json"
PART = 'query ($query: JSON) { get(path: "/part{?query*}", params: {query: $query}) }'
ITEM = "query ($id: ID!) { item(id: $id) { name of { id } } }"
BOTH = (
    "query ($a: JSON, $b: JSON) "
    '{ a: get(path: "/part{?a*}", params: {a: $a}) b: get(path: "/part{?b*}", params: {b: $b}) }'
)
MANY = (
    f'{{ f: fetch(path: "/part") {{ getEach(over: "`[{",".join(map(str, range(120)))}]`", '
    'path: "/items/{item}", select: "length(@)") } }'
)
FILES = {
    "item.graphql": ITEM,
    "name.graphql": f"# The name of an item.\n# result: item.name\n{ITEM}",
    "add.graphql": "mutation ($name: String!) { add(name: $name) { id name } }",
    "part.graphql": PART,
    "part_result.graphql": f"# result: get\n{PART}",
    "both.graphql": BOTH,
    "both_result.graphql": f"# result: [a, b]\n{BOTH}",
    "fetched.graphql": '# result: f\n{ f: fetch(path: "/part?status=404") { json get(path: "/part") } }',
    "crash.graphql": '# result: get\n{ get(path: "/crash") }',
    "nowhere.graphql": '# result: get\n{ get(path: "/nowhere") }',
    "missing.graphql": '# result: get\nquery ($a: Int) { get(path: "/{a}", params: {a: $a}) }',
    "select.graphql": '# result: get\n{ get(path: "/part", select: "max_by(a, &b)") }',
    "bad_result.graphql": '# result: max_by(get, &b)\n{ get(path: "/part") }',
    "number.graphql": '# result: get\n{ get(path: "/number") }',
    "name_of_all.graphql": "# result: items[].name\nquery ($ids: [ID!]) { items(ids: $ids) { name } }",
    "many.graphql": MANY,
    "self.graphql": '{ get(path: "/graphql/item?id=1") a: get(path: "/graphql/openapi.json") }',
    "parts.graphql": '{ ... @defer { get(path: "/part") } items(ids: ["1", "2"]) @stream { id } }',
    "skip.graphql": 'query ($a: Boolean!) { get(path: "/part") @skip(if: $a) }',
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("served"), FILES)


def test_a_query_is_answered_by_get_head_post_and_query(folder: Folder) -> None:
    item = {"data": {"item": {"name": "item 1", "of": {"id": "0"}}}}
    folder.hits.clear()
    got = folder.get("item?id=1")
    assert (got.status_code, got.mimetype, got.json) == (200, JSON, item)
    assert folder.hits == ["GET /items/1", "GET /items/0"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    for method in ("POST", "QUERY"):
        answer = folder.client.open("/graphql/item", method=method, json={"id": "1"})
        assert (answer.status_code, answer.json) == (200, item)
    head = folder.client.head("/graphql/item?id=1")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", got.headers["ETag"])
    assert "GET" in folder.client.options("/graphql/item").headers["Allow"]
    assert folder.client.put("/graphql/item").status_code == 405


def test_b9_a_mutation_is_asked_for_by_post_only(folder: Folder) -> None:
    folder.hits.clear()
    for method in ("GET", "HEAD", "QUERY"):
        answer = folder.client.open("/graphql/add?name=x", method=method, json={"name": "x"})
        assert (answer.status_code, answer.headers["Allow"], answer.mimetype) == (405, "POST", PROBLEM)
    assert folder.hits == []
    assert folder.post("add", {"name": "x"}).json == {"data": {"add": {"id": "9", "name": "x"}}}
    assert folder.hits == ["POST /items"]


@pytest.mark.parametrize(
    "name", ["nope", "ite", "item.graphql", "item.", "..", "..%2fitem", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "_shared",
             "item%00", "%ED%A0%80", "é", "x" * 10_000, "__proto__", "[", "item;a"]
)  # fmt: skip
def test_an_unknown_name_is_404_and_tells_of_no_other(folder: Folder, name: str) -> None:
    for method in ("GET", "POST"):
        answer = folder.client.open(f"/graphql/{name}", method=method)
        assert answer.status_code == 404
        if answer.mimetype == PROBLEM:  # Flask's own, where the path is another one
            assert answer.json["detail"] == "There is no stored operation of this name."


def test_in_debug_an_unknown_name_is_told_the_nearest(tmp_path: Path) -> None:
    answer = Folder(tmp_path, {"item.graphql": ITEM}, debug=True).get("itme?id=1")
    assert answer.json["detail"] == "There is no stored operation of this name; did you mean item?"


def test_the_media_type_of_a_response_map_is_as_of_the_endpoint(folder: Folder) -> None:
    for accept, media_type in {"": JSON, "*/*": JSON, GRAPHQL: GRAPHQL, "text/html, */*;q=0.1": JSON}.items():
        assert folder.get("item?id=1", headers={"Accept": accept}).mimetype == media_type
    refused = folder.get("item?id=1", headers={"Accept": "image/png"})
    assert (refused.status_code, refused.mimetype) == (406, PROBLEM)
    assert folder.get("name?id=1", headers={"Accept": "image/png"}).json == "item 1"


def test_a_result_is_the_whole_body(folder: Folder) -> None:
    answer = folder.get("name?id=1")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, JSON, b'"item 1"')
    assert folder.get("name?id=gone").data == b"null"
    assert folder.get("name_of_all?ids=3&ids=4").json == ["item 3", "item 4"]


@pytest.mark.parametrize(
    ("name", "query", "status", "codes"),
    [
        ("part_result", {"query": '{"status": 404}'}, 404, ["UPSTREAM_STATUS"]),
        ("part_result", {"query": '{"status": 401}'}, 401, ["UPSTREAM_STATUS"]),
        ("part_result", {"query": '{"status": 500}'}, 502, ["UPSTREAM_STATUS"]),
        ("part_result", {"query": '{"status": 503}'}, 502, ["UPSTREAM_STATUS"]),
        ("part_result", {"query": '{"status": 302, "Location": "https://example.org/"}'}, 502, ["UPSTREAM_STATUS"]),
        ("part_result", {"query": json.dumps({"x": "y" * 5_000})}, 400, ["BAD_PATH"]),
        ("both_result", {"a": '{"status": 404}'}, 404, ["UPSTREAM_STATUS"]),
        ("both_result", {"a": '{"status": 404}', "b": '{"status": 404, "x": 1}'}, 404, ["UPSTREAM_STATUS"] * 2),
        ("both_result", {"a": '{"status": 404}', "b": '{"status": 403}'}, 400, ["UPSTREAM_STATUS"] * 2),
        ("both_result", {"a": '{"status": 404}', "b": '{"status": 500}'}, 502, ["UPSTREAM_STATUS"] * 2),
        ("fetched", {}, 404, ["CANCELLED"]),
        ("crash", {}, 502, ["UPSTREAM_STATUS"]),
        ("nowhere", {}, 403, ["NOT_ALLOWED"]),
        ("missing", {}, 400, ["MISSING_PARAMETER"]),
        ("select", {}, 502, ["BAD_SELECT"]),
        ("bad_result", {}, 502, ["BAD_SELECT"]),
        ("number", {}, 502, ["BAD_SELECT"]),
    ],
)
def test_an_error_leaves_no_part_of_a_result_but_problem_details(
    folder: Folder, name: str, query: dict[str, str], status: int, codes: list[str]
) -> None:
    answer = folder.get(name, query)
    assert (answer.status_code, answer.mimetype, answer.headers[CACHE]) == (status, PROBLEM, "no-store"), answer.data
    told = answer.json
    assert [error["extensions"]["code"] for error in told["errors"]] == codes
    assert (told["status"], told["code"], told["detail"]) == (status, codes[0], told["errors"][0]["message"])
    assert "ETag" not in answer.headers


def test_without_a_result_errors_are_beside_the_data(folder: Folder) -> None:
    answer = folder.get("both", {"a": '{"status": 404}'})
    assert (answer.status_code, answer.headers[CACHE]) == (200, "no-store")
    assert answer.json["data"] == {"a": None, "b": {"a": 1}}
    assert answer.json["errors"][0]["extensions"]["http"]["status"] == 404


@pytest.mark.parametrize(("status", "name"), [(401, "WWW-Authenticate"), (429, "Retry-After")])
def test_a_status_of_every_part_is_the_outer_one(folder: Folder, status: int, name: str) -> None:
    part = json.dumps({"status": status, name: "7"})
    for operation in ("both", "both_result"):
        answer = folder.get(operation, {"a": part, "b": part[:-1] + ', "x": 1}'})
        assert (answer.status_code, answer.headers[name], answer.headers[CACHE]) == (status, "7", "no-store")
    mixed = folder.get("both", {"a": part})
    assert (mixed.status_code, name in mixed.headers) == (200, False)
    assert folder.get("both_result", {"a": part}).headers[name] == "7"


@pytest.mark.parametrize("name", ["part", "part_result"])
def test_an_answer_says_of_its_caching_what_its_parts_say(folder: Folder, name: str) -> None:
    answer = folder.get(name, {"query": json.dumps({CACHE: "public, max-age=60"})})
    assert answer.headers[CACHE] == "public, max-age=60"
    assert answer.headers.get("Vary") == ("Accept" if name == "part" else None)
    assert folder.get(name).headers[CACHE] == "private, no-cache"
    again = folder.get(name, headers={"If-None-Match": folder.get(name).headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    cookie = folder.get(name, {"query": '{"Set-Cookie": "sid=1"}'})
    assert (cookie.headers[CACHE], cookie.headers.getlist("Set-Cookie")) == ("no-store", ["sid=1; Path=/"])


def test_stored_operations_have_the_budget_of_typed_fields(folder: Folder, tmp_path: Path) -> None:
    answer = folder.get("many")
    assert answer.json == {"data": {"f": {"getEach": 120}}}
    asked = {"documentId": sha256(MANY)}, {"query": MANY}, {"query": f"# ours\n{MANY}"}
    for body in asked:
        assert folder.client.post("/graphql", json=body).json == answer.json
    other = folder.client.post("/graphql", json={"query": MANY.replace("getEach", "all: getEach")})
    assert other.json["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_SUBREQUESTS"
    small = Folder(tmp_path, {"many.graphql": FILES["many.graphql"]}, max_subrequests=5, max_typed_subrequests=100)
    refused = small.get("many")
    assert refused.json["errors"][0]["extensions"]["allowed"] == 100
    assert small.hits == ["GET /part"]


def test_a_batch_has_that_budget_if_it_is_of_stored_operations_alone(tmp_path: Path) -> None:
    other = MANY.replace("getEach", "all: getEach")
    client = Folder(tmp_path, {"many.graphql": MANY}, max_batch=2).client
    (alone,) = client.post("/graphql", json=[{"query": MANY}]).json
    assert alone == {"data": {"f": {"getEach": 120}}}
    for found in client.post("/graphql", json=[{"query": MANY}, {"query": other}]).json:
        assert found["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_SUBREQUESTS"


def test_no_operation_is_asked_for_through_a_gateway(folder: Folder) -> None:
    answer = folder.get("self").json
    assert answer["data"] == {"get": None, "a": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NESTED_REQUEST"] * 2


def test_parts_that_could_come_later_come_at_once(folder: Folder) -> None:
    for accept in ("multipart/mixed, application/json", "text/event-stream, application/json", ""):
        answer = folder.get("parts", headers={"Accept": accept})
        assert answer.json == {"data": {"get": {"a": 1}, "items": [{"id": "1"}, {"id": "2"}]}}


def test_conditions_go_by_variables(folder: Folder) -> None:
    assert folder.get("skip?a=true").json == {"data": {}}
    assert folder.get("skip?a=false").json == {"data": {"get": {"a": 1}}}


def test_timings_are_told_where_they_are_told_elsewhere(tmp_path: Path) -> None:
    files = {name: FILES[name] for name in ("part.graphql", "part_result.graphql")}
    folder = Folder(tmp_path, files, timings="X-Timings")
    query = {"query": json.dumps({CACHE: "public, max-age=60"})}
    plain, shaped = (folder.get(name, query, headers={"X-Timings": "1"}) for name in ("part", "part_result"))
    assert plain.json["extensions"]["restgql"]["requests"][0]["status"] == 200
    assert (plain.headers[CACHE], shaped.headers[CACHE]) == ("no-store", "public, max-age=60")
    assert "Server-Timing" in plain.headers
    assert "Server-Timing" in shaped.headers
    assert "Server-Timing" not in folder.get("part", query).headers


def test_without_the_key_nothing_is_below_the_endpoint() -> None:
    app = Flask("a")
    Gateway(app)
    for path in ("/graphql/item", "/graphql/openapi.json"):
        assert app.test_client().get(path).status_code == 404


@pytest.mark.parametrize("profile", ["open", "hardened"])
def test_in_every_profile_operations_are_asked_for_by_get(tmp_path: Path, profile: str) -> None:
    folder = Folder(tmp_path, {"name.graphql": FILES["name.graphql"]}, profile=profile)
    assert folder.get("name?id=1").json == "item 1"
    assert folder.get("openapi.json").status_code == 200


def test_operations_log_their_name(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "restgql"):
        folder.get("name?id=1")
    assert "operation=name document=" in caplog.text


def test_python_runs_one_by_its_name(folder: Folder, tmp_path: Path) -> None:
    run = folder.gateway.run
    assert run("name", {"id": 1}) == "item 1"
    assert run("name", {"id": "gone"}) is None
    assert run("item", {"id": "1"}) == {"data": {"item": {"name": "item 1", "of": {"id": "0"}}}}
    assert run("many") == {"data": {"f": {"getEach": 120}}}
    with pytest.raises(UpstreamStatus) as caught:
        run("part_result", {"query": {"status": 404}})
    assert caught.value.extensions["http"]["status"] == 404
    with pytest.raises(BadRequest, match=r"id: is required"):
        run("name")
    with pytest.raises(BadRequest, match=r"did you mean name\?"):
        run("nam")
    small = Folder(
        tmp_path, {"many.graphql": f"# result: f.getEach\n{MANY}"}, max_subrequests=5, max_typed_subrequests=9
    )
    with pytest.raises(LimitExceeded):
        small.gateway.run("many")


def test_within_a_request_it_runs_as_the_caller(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"me.graphql": '# result: get\n{ get(path: "/me") }'})
    folder.app.add_url_rule("/me", "me", lambda: {"me": request.headers.get("Authorization")})
    folder.app.add_url_rule("/via", "via", lambda: folder.gateway.run("me"))
    assert folder.client.get("/via", headers={"Authorization": "Bearer a"}).json == {"me": "Bearer a"}
    assert folder.gateway.run("me", headers={"Authorization": "Bearer b"}) == {"me": "Bearer b"}


def test_a_plan_is_explained_by_the_name_of_a_stored_operation(folder: Folder) -> None:
    args = ["explain", "name", "--variables", '{"id": "7"}']
    told = folder.app.test_cli_runner().invoke(cli, args, obj=ScriptInfo(create_app=lambda: folder.app))
    assert told.output.splitlines()[1] == "└─ item  GET /items/7"


def test_the_command_query_runs_a_stored_operation_by_its_name(folder: Folder) -> None:
    def told(*args: str) -> tuple[int, str]:
        done = folder.app.test_cli_runner().invoke(cli, args, obj=ScriptInfo(create_app=lambda: folder.app))
        return done.exit_code, done.output

    assert told("query", "name", "--variables", '{"id": "7"}') == (0, '"item 7"\n')
    assert told("query", "name") == (1, "Error: BAD_REQUEST: id: is required.\n")
    assert told("query", "nam") == (1, "Error: nam: There is no stored operation of this name; did you mean name?\n")
    assert told("query", "name", "--variables", '{"id": "gone"}')[0] == 0


def test_a_file_goes_to_the_endpoint_with_the_hash_of_the_operation(tmp_path: Path) -> None:
    (tmp_path / "send.graphql").write_text(
        'mutation ($file: Upload!) { post(path: "/size", files: [{name: "it", file: $file}]) { json } }'
    )
    app = Flask(__name__)
    app.add_url_rule("/size", "size", lambda: {"size": len(request.files["it"].read())}, methods=["POST"])
    Gateway(app, operations=str(tmp_path), operations_only=True, verbs=["GET", "POST"])
    client, headers = app.test_client(), {"GraphQL-Preflight": "1"}

    def parts(operations: object) -> dict[str, object]:
        return {
            "operations": json.dumps(operations),
            "map": '{"0": ["variables.file"]}',
            "0": (io.BytesIO(b"abc"), "a.txt"),
        }

    refused = client.post("/graphql/send", data=parts({"variables": {"file": None}}), headers=headers)
    assert (refused.status_code, refused.mimetype) == (415, PROBLEM)
    detail = refused.json["detail"]
    assert detail.startswith("Files go to the GraphQL endpoint, with documentId sha256:")
    named = next(word for word in detail.split() if word.startswith("sha256:"))
    sent = client.post("/graphql", data=parts({"documentId": named, "variables": {"file": None}}), headers=headers)
    assert sent.json == {"data": {"post": {"json": {"size": 3}}}}
