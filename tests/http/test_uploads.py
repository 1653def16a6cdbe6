"""Uploads: the GraphQL multipart request specification on the way in, multipart or raw bodies on the way out."""

import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import graphene
import pytest
from flask import Flask, jsonify, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from restgql import JSON, Gateway, Upload
from tests.cpu import cost

PREFLIGHT = {"GraphQL-Preflight": "1"}
GRAPHQL_JSON = "application/graphql-response+json"
ONE = 'mutation ($file: Upload!) { post(path: "/echo", files: [{name: "photo", file: $file}]) { status json } }'
Files = dict[str, tuple[bytes, ...]]


class Target:
    """An app that says what it was sent, and counts how often."""

    def __init__(self, **settings: Any) -> None:
        self.app = Flask(__name__)
        self.app.secret_key = "secret"
        self.asked: list[Any] = []

        @self.app.route("/echo", methods=["POST", "PUT", "PATCH", "DELETE"])
        def echo() -> Any:
            data = b"" if request.mimetype == "multipart/form-data" else request.get_data()
            files = [
                [name, file.filename, file.content_type, file.read().decode("latin-1")]
                for name, file in request.files.items(multi=True)
            ]
            said = {"type": request.mimetype, "form": [*request.form.items(multi=True)], "files": files}
            self.asked.append(said | {"data": data.decode("latin-1"), "raw": request.environ["CONTENT_TYPE"]})
            return jsonify(said)

        @self.app.post("/again")
        def again() -> Any:
            return "", 307, {"Location": "/echo"}

        self.app.add_url_rule("/token", "token", lambda: {"token": generate_csrf()})
        self.gateway = Gateway(self.app, routes=["*"], verbs=["GET", "POST", "PUT"], **settings)

    def send(
        self,
        operations: Any,
        map: Any = None,
        files: dict[str, tuple[Any, ...]] | None = None,
        headers: dict[str, str] = PREFLIGHT,
    ) -> TestResponse:
        data = {"operations": operations if isinstance(operations, str) else json.dumps(operations)}
        data |= {} if map is None else {"map": map if isinstance(map, str) else json.dumps(map)}
        parts = {name: FileStorage(io.BytesIO(part[0]), *part[1:]) for name, part in (files or {}).items()}
        return self.app.test_client().post(
            "/graphql",
            data={**data, **parts},
            content_type="multipart/form-data",
            headers={"Accept": GRAPHQL_JSON, **headers},
        )

    def one(self, query: str = ONE, *, filename: str = "a.txt", **variables: Any) -> TestResponse:
        """One file, as the variable `file`."""
        operations = {"query": query, "variables": {"file": None, **variables}}
        return self.send(operations, {"0": ["variables.file"]}, {"0": (b"abc", filename, None, "text/x-a; b=c")})


@pytest.fixture
def target() -> Target:
    return Target()


def test_a_file_goes_to_the_route_as_it_was_sent(target: Target) -> None:
    answer = target.one()
    assert answer.json["data"]["post"] == {
        "status": 200,
        "json": {
            "type": "multipart/form-data",
            "form": [],
            "files": [["photo", "a.txt", "text/x-a; b=c", "abc"]],
        },
    }
    assert len(target.asked) == 1


def test_the_body_comes_before_the_files_each_in_its_order(target: Target) -> None:
    target.send(
        {
            "query": """mutation ($files: [Upload!]!, $all: [RestFileInput!], $one: Upload!) {
                a: put(path: "/echo", body: {b: [1, 2], a: true, n: null}, files: $all) { ok }
                b: put(path: "/echo", body: {list: $files, one: $one, text: "x"}, encoding: MULTIPART) { ok }
                c: post(path: "/again", files: {name: "x", file: $one}) { ok redirected }
            }""",
            "variables": {
                "files": [None, None], "one": None,
                "all": [{"name": "p", "file": None}, {"name": "q", "file": None}],
            },
        },
        {
            "f": ["variables.files.0", "variables.all.1.file"],
            "g": ["variables.all.0.file", "variables.files.1", "variables.one"],
        },
        {"g": (b"G", "g.txt"), "f": (b"F", "f.txt")},
    )  # fmt: skip
    f, g = ["f.txt", "text/plain", "F"], ["g.txt", "text/plain", "G"]
    assert [said["form"] for said in target.asked] == [[("b", "1"), ("b", "2"), ("a", "true")], [("text", "x")], []]
    assert [said["files"] for said in target.asked] == [
        [["p", *g], ["q", *f]],
        [["list", *f], ["list", *g], ["one", *g]],
        [["x", *g]],
    ]


@pytest.mark.parametrize("encoding", ["JSON", "FORM"])
def test_files_are_never_written_in_an_encoding_that_has_none(target: Target, encoding: str) -> None:
    document = ONE.replace("files:", f"encoding: {encoding}, files:")
    (error,) = target.one(document).json["errors"]
    assert error["message"] == f"files: cannot be written as {encoding}: omit encoding:, or set it to MULTIPART."
    assert (error["path"], error["extensions"]["code"], target.asked) == (["post"], "BAD_REQUEST", [])
    within = ONE.replace('files: [{name: "photo", file: $file}]', f"encoding: {encoding}, body: {{photo: $file}}")
    (error,) = target.one(within).json["errors"]
    assert error["message"] == "A file is only allowed in a body with encoding: MULTIPART."


@pytest.mark.parametrize("encoding", ["$encoding", "null", "MULTIPART"])
def test_an_encoding_that_is_not_said_is_multipart_where_there_are_files(target: Target, encoding: str) -> None:
    declared = "$encoding: RestEncoding, " if "$" in encoding else ""
    document = ONE.replace("files:", f"encoding: {encoding}, files:").replace("($file", f"({declared}$file")
    assert target.one(document).json["data"]["post"]["status"] == 200


@pytest.mark.parametrize(
    "place",
    [
        'get(path: "/echo{?a}", params: {a: $file})',
        'get(path: "/echo/{a}", params: {a: $file})',
        'fetch(path: "/echo{?a*}", params: {a: [$file]}) { status }',
    ],
)
def test_a_file_goes_nowhere_but_into_a_body(target: Target, place: str) -> None:
    answer = target.one(f"query ($file: Upload!) {{ {place} }}")
    errors = answer.json["errors"]
    assert [error["extensions"]["code"] for error in errors] == ["BAD_REQUEST"]
    assert (answer.status_code < 500, target.asked) == (True, [])


def test_a_file_that_is_the_body_is_the_whole_of_it(target: Target) -> None:
    document = 'mutation ($file: JSON) { put(path: "/echo", body: $file) { ok } }'
    assert target.one(document).json["data"]["put"] == {"ok": True}
    assert (target.asked[0]["raw"], target.asked[0]["data"]) == ("text/x-a; b=c", "abc")


@pytest.mark.parametrize("content_type", ["", "text/日本", "text/\x01"])
def test_a_body_without_a_media_type_that_can_be_sent_is_binary(
    target: Target, serve: Callable[[Any], str], content_type: str
) -> None:
    here = Target(upstreams={"/there": serve(target.app)})
    for to, path in ((target, "/echo"), (here, "/there/echo")):
        query = f'mutation ($file: JSON) {{ put(path: "{path}", body: $file) {{ ok }} }}'
        operations = part('name="operations"', json.dumps({"query": query, "variables": {"file": None}}))
        sent = part('name="0"; filename="a"', "abc", *([f"Content-Type: {content_type}"] if content_type else []))
        assert raw(to, (operations + MAP + sent + "--b--\r\n").encode()).json == {"data": {"put": {"ok": True}}}
    assert [(said["raw"], said["data"]) for said in target.asked] == [("application/octet-stream", "abc")] * 2


def test_a_query_may_come_so_and_needs_no_file(target: Target) -> None:
    answer = target.send({"query": "query Q($a: JSON) { __typename }", "operationName": "Q"}, {})
    assert answer.json["errors"][0]["message"].startswith("Variable '$a' is never used")
    answer = target.send({"query": "{ __typename }"}, {})
    assert (answer.status_code, answer.json) == (200, {"data": {"__typename": "Query"}})


# X1: a page of another origin can send multipart, and none of these headers, without asking first.


@pytest.mark.parametrize("headers", [{}, {"GraphQL-Preflight": " "}, {"X-Requested-With": "x"}])
def test_x1_an_upload_without_a_preflight_is_415_before_any_dispatch(target: Target, headers: dict[str, str]) -> None:
    answer = target.send({"query": 'mutation { post(path: "/echo") { ok } }'}, {}, headers=headers)
    assert (answer.status_code, target.asked) == (415, [])
    assert "Apollo-Require-Preflight or GraphQL-Preflight" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("name", ["Apollo-Require-Preflight", "GraphQL-Preflight", "X-Apollo-Operation-Name"])
def test_x1_a_header_that_forces_a_preflight_is_enough(target: Target, name: str) -> None:
    assert target.send({"query": "{ __typename }"}, {}, headers={name: "x"}).status_code == 200


def test_uploads_are_of_post_and_graphql_alone(target: Target) -> None:
    client = target.app.test_client()
    data = {"operations": '{"query": "{ __typename }"}', "map": "{}"}
    for url, method in (("/graphql", "QUERY"), ("/aggregate", "POST"), ("/aggregate", "QUERY")):
        answer = client.open(url, method=method, data=data, headers=PREFLIGHT, content_type="multipart/form-data")
        assert (answer.status_code, answer.is_json) == (415, True), url
    answer = client.get("/graphql", data=data, headers=PREFLIGHT, content_type="multipart/form-data")
    assert (answer.status_code, target.asked) == (400, [])


@pytest.mark.parametrize("given", ["text", 1, {"name": "a"}, ["a"], True])
def test_an_upload_that_is_given_as_json_is_a_validation_error(target: Target, given: Any) -> None:
    body = {"query": ONE, "variables": {"file": given}}
    answer = target.app.test_client().post("/graphql", json=body, headers={"Accept": GRAPHQL_JSON})
    assert (answer.status_code, target.asked) == (400, [])
    assert "Upload takes a file, sent as multipart/form-data" in answer.json["errors"][0]["message"]
    body = {"query": ONE.replace("($file: Upload!)", "").replace("$file", json.dumps("text"))}
    assert target.app.test_client().post("/graphql", json=body, headers={"Accept": GRAPHQL_JSON}).status_code == 400


V = {"query": ONE, "variables": {"file": None, "list": [None], "text": "x", "deep": {"a": {}}}}
A = {"0": (b"abc", "a.txt")}
REFUSED: dict[str, tuple[Any, Any, Any, str]] = {
    "no operations": ("", {}, {}, "The part operations is empty"),
    "no map": (V, None, A, "The part map is missing"),
    "operations that are no JSON": ("{", {}, {}, "The part operations is not valid JSON: "),
    "operations with a lone surrogate": ('{"query": "{ __typename } # \\ud800"}', {}, {}, "is not valid JSON"),
    "operations of another type": ({"query": 1}, {}, {}, "The part operations does not fit at query: "),
    "a batch": ([V], {"0": ["0.variables.file"]}, A, "operations is an array"),
    "a map that is an array": (V, [], A, "map is not an object of arrays of paths"),
    "a map of texts": (V, {"0": "variables.file"}, A, "map is not an object of arrays of paths"),
    "a map that is no JSON": (V, "{", A, "map is not an object of arrays of paths"),
    "a file that is not there": (V, {"0": ["variables.file"], "1": []}, A, "map names the file '1'"),
    "a file that map does not name": (V, {}, A, "map does not name the part '0'"),
    "a file without a path": (V, {"0": []}, A, "map names no path for the file '0'"),
    "a path twice": (V, {"0": ["variables.file"], "1": ["variables.file"]}, {**A, "1": (b"", "b")}, "map has the path"),
    "a path to text": (V, {"0": ["variables.text"]}, A, "leads to a string"),
    "a path to an object": (V, {"0": ["variables.deep"]}, A, "leads to an object"),
    "a path to nothing": (V, {"0": ["variables.none"]}, A, "leads nowhere"),
    "a path below a text": (V, {"0": ["variables.text.0"]}, A, "leads nowhere"),
    "a path below null": (V, {"0": ["variables.file.a"]}, A, "leads nowhere"),
    "an index beyond the list": (V, {"0": ["variables.list.1"]}, A, "leads nowhere"),
    "an index that is none": (V, {"0": ["variables.list.-1"]}, A, "leads nowhere"),
    "an index with a zero": (V, {"0": ["variables.list.00"]}, A, "leads nowhere"),
    "an endless index": (V, {"0": ["variables.list." + "9" * 5000]}, A, "leads nowhere"),
    "all variables": (V, {"0": ["variables"]}, A, "leads to no variable"),
    "the query": (V, {"0": ["query"]}, A, "leads to no variable"),
    "an empty path": (V, {"0": [""]}, A, "leads to no variable"),
    "a prototype": (V, {"0": ["variables.__proto__"]}, A, "leads nowhere"),
    "a prototype's key": (V, {"__proto__": ["variables.constructor.a"]}, {"__proto__": A["0"]}, "leads nowhere"),
    "the extensions": ({**V, "extensions": {"a": None}}, {"0": ["extensions.a"]}, A, "leads to no variable"),
    "variables that are null": ({"query": ONE, "variables": None}, {"0": ["variables.file"]}, A, "leads nowhere"),
    "a variable that is not declared": (
        {"query": "{ __typename }", "variables": {"file": None}}, {"0": ["variables.file"]}, A,
        "A file was sent for the variable 'file'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_with_an_upload_is_said(target: Target, name: str) -> None:
    operations, paths, files, message = REFUSED[name]
    answer = target.send(operations, paths, files)
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["extensions"]["code"], target.asked) == (400, "BAD_REQUEST", [])
    assert message in error["message"], error


def raw(target: Target, body: bytes, content_type: str = "multipart/form-data; boundary=b", **headers: str) -> Any:
    """The answer to a body as it stands; it is strict JSON, and no failure of ours."""
    answer = target.app.test_client().post(
        "/graphql", data=body, content_type=content_type, headers={**PREFLIGHT, "Accept": GRAPHQL_JSON, **headers}
    )
    assert answer.status_code < 500
    json.loads(answer.data.decode(), parse_constant=pytest.fail)
    return answer


def part(disposition: str, content: str, *more: str) -> str:
    return "\r\n".join(["--b", f"Content-Disposition: form-data; {disposition}", *more, "", content, ""])


OPERATIONS = part('name="operations"', json.dumps({"query": ONE, "variables": {"file": None}}))
MAP = part('name="map"', '{"0": ["variables.file"]}')


@pytest.mark.parametrize(
    "filename",
    [
        'filename="a\\"b.txt"',
        'filename="a%22b.txt"',
        'filename="a%0D%0AX-Injected: 1"',
        'filename="../../etc/passwd"',
        'filename="C:\\temp\\a.txt"',
        'filename="ends\\\\"',
        'filename="\\\\\\""',
        'filename="Größe 日本 😀.txt"',
        'filename=""',
        "filename=bare.txt",
        'filename="a; name=b"',
        'filename="' + "x" * 20_000 + '"',
    ],
)
def test_a_file_name_is_passed_on_as_it_was_sent(target: Target, filename: str) -> None:
    body = OPERATIONS + MAP + part(f'name="0"; {filename}', "abc") + "--b--\r\n"
    assert raw(target, body.encode()).status_code == 200
    body = part(f'name="photo"; {filename}', "abc") + "--b--\r\n"
    target.app.test_client().post("/echo", data=body.encode(), content_type="multipart/form-data; boundary=b")
    through, direct = target.asked
    assert through["files"] == direct["files"]
    assert through["files"][0][0] == "photo"


def test_a_file_name_injects_no_header(target: Target) -> None:
    disposition = "name=\"0\"; filename*=utf-8''a%0D%0AX-Injected%3A%201"
    assert raw(target, (OPERATIONS + MAP + part(disposition, "abc") + "--b--\r\n").encode()).status_code == 200
    assert target.asked[0]["files"] == [["photo", "a%0D%0AX-Injected: 1", None, "abc"]]


def test_the_name_of_a_field_injects_nothing_either(target: Target) -> None:
    document = (
        'mutation ($file: Upload!, $name: String!) { post(path: "/echo", files: {name: $name, file: $file}) { ok } }'
    )
    for name in ('a"; filename="b', "a\r\nX-Injected: 1", "ends\\", "Größe"):
        target.one(document, name=name)
    assert [said["files"][0][0] for said in target.asked] == [
        'a"; filename="b', "a%0D%0AX-Injected: 1", "ends\\", "Größe",
    ]  # fmt: skip
    assert [len(said["files"]) for said in target.asked] == [1, 1, 1, 1]


def test_bytes_are_the_bytes_that_were_sent(target: Target) -> None:
    content = bytes(range(256)) * 1_000 + b"\r\n--c\r\n\r\n--b-\r\n--b"
    answer = target.send(
        {"query": ONE, "variables": {"file": None}}, {"0": ["variables.file"]}, {"0": (content, "a.bin")}
    )
    assert answer.status_code == 200
    assert target.asked[0]["files"] == [["photo", "a.bin", "application/octet-stream", content.decode("latin-1")]]


def test_an_empty_file_is_a_file(target: Target) -> None:
    body = OPERATIONS + MAP + part('name="0"; filename="e"', "", "Content-Type: image/png") + "--b--\r\n"
    assert raw(target, body.encode()).status_code == 200
    assert target.asked[0]["files"] == [["photo", "e", "image/png", ""]]


B = "multipart/form-data; boundary=b"
FILE = part('name="0"; filename="a"', "abc")
MALFORMED: dict[str, tuple[str | bytes, str, int]] = {
    "nothing": ("", B, 400),
    "no boundary": (OPERATIONS, "multipart/form-data", 400),
    "an empty boundary": (OPERATIONS, "multipart/form-data; boundary=", 400),
    "a boundary that is not there": (OPERATIONS + "--b--\r\n", "multipart/form-data; boundary=c", 400),
    "a boundary that is too long": (OPERATIONS, "multipart/form-data; boundary=" + "b" * 101, 400),
    "a boundary that is no ASCII": (OPERATIONS, "multipart/form-data; boundary=\xe9", 400),
    "a truncated body": (OPERATIONS + MAP + FILE, B, 400),
    "truncated in a header": (OPERATIONS + "--b\r\nContent-Dispos", B, 400),
    "no disposition": ("--b\r\n\r\na\r\n--b--\r\n", B, 400),
    "no name": (part('filename="a"', "abc") + "--b--\r\n", B, 400),
    "no file name": (OPERATIONS + MAP + part('name="0"', "abc") + "--b--\r\n", B, 400),
    "operations twice": (OPERATIONS * 2 + MAP + FILE + "--b--\r\n", B, 400),
    "a file twice": (OPERATIONS + MAP + FILE * 2 + "--b--\r\n", B, 400),
    "a header that is no UTF-8": (b"--b\r\nContent-Disposition: \xff\r\n\r\n\r\n--b--", B, 400),
    "operations that are no UTF-8": (
        part('name="operations"', '{"query": "\xff"}').encode("latin-1") + MAP.encode() + b"--b--\r\n",
        B, 400,
    ),
    "a huge header": (
        OPERATIONS + MAP + part('name="0"; filename="a"', "", "X-Huge: " + "x" * 900_000) + "--b--\r\n",
        B, 200,
    ),
    "another multipart": (OPERATIONS, "multipart/mixed; boundary=b", 415),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_is_refused(target: Target, name: str) -> None:
    body, content_type, status = MALFORMED[name]
    answer = raw(target, body.encode() if isinstance(body, str) else body, content_type)
    assert answer.status_code == status
    assert len(target.asked) == (status == 200)
    assert ("errors" in answer.json) is (status != 200)


@pytest.mark.parametrize("coding", ["gzip", "klingon", "identity", "deflate"])
def test_a_content_coding_is_undone_or_said_to_be_unknown(target: Target, coding: str) -> None:
    body = (OPERATIONS + MAP + FILE + "--b--\r\n").encode()
    answer = raw(target, gzip.compress(body) if coding == "gzip" else body, Content_Encoding=coding)
    assert answer.status_code == {"gzip": 200, "identity": 200, "klingon": 415, "deflate": 400}[coding]
    if coding == "klingon":
        assert "send it in gzip, deflate" in answer.json["errors"][0]["message"]
    bomb = raw(Target(max_upload=10_000), gzip.compress(bytes(1_000_000)), Content_Encoding="gzip")
    assert bomb.status_code == 413


def test_a_body_that_ends_before_its_length_is_refused(target: Target) -> None:
    body = (OPERATIONS + MAP + FILE + "--b--\r\n").encode()
    for content_type, sent, message in (
        (B, body[:-8], "The body is incomplete"),
        (B, b"", "is not a complete multipart/form-data"),
        ("application/json", b'{"query": "', "The body is incomplete"),
    ):
        answer = target.app.test_client().post(
            "/graphql",
            data=sent,
            content_type=content_type,
            headers=PREFLIGHT,
            environ_overrides={"CONTENT_LENGTH": str(len(sent) + 8)},
        )
        assert (answer.status_code, answer.is_json, target.asked) == (400, True, [])
        assert message in answer.text


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({"0": ["variables.file" + ".a" * 400_000]}, "leads nowhere"),
        ({"0": ["." * 900_000]}, "leads to no variable"),
        ({"0": ["variables.file"] * 10_000}, "map has the path"),
        ({str(number): ["variables.file"] for number in range(10_000)}, "map names the file '1'"),
        ({str(number + 9): ["variables.file"] for number in range(10_000)}, "map names the file '9'"),
    ],
)
def test_deep_paths_and_long_maps_are_refused_cheaply(target: Target, paths: Any, message: str) -> None:
    body = part('name="operations"', json.dumps(V)) + part('name="map"', json.dumps(paths)) + FILE

    def send() -> None:
        answer = raw(target, (body + "--b--\r\n").encode())
        assert message in answer.json["errors"][0]["message"]

    assert cost(send, times=2) < 2


def test_operations_that_nest_too_deep_are_refused(target: Target) -> None:
    nested = '{"query": "{ __typename }", "variables": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}"
    assert target.send(nested, {}).status_code == 400


SPLICED = [b"", b"\r\n", b"--b", b"--b--", b'"', b";", b"\x00", b"\xff", b"filename*=utf-8''%ff%0d", b"[", b"null"]


@settings(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_c5_any_upload_is_answered_with_strict_json(target: Target, data: st.DataObject) -> None:
    body = (OPERATIONS + MAP + FILE + "--b--\r\n").encode()
    for _ in range(data.draw(st.integers(1, 4))):
        start, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 30))
        body = body[:start] + data.draw(st.sampled_from(SPLICED) | st.binary(max_size=4)) + body[start + length :]
    raw(target, body)


# What is too much is 413, and says which limit it is.


def limit(answer: TestResponse) -> tuple[int, str, int]:
    extensions = (answer.json["errors"][0]["extensions"]) if "errors" in answer.json else answer.json
    assert extensions["code"] == "LIMIT_EXCEEDED"
    return answer.status_code, extensions["limit"], extensions["allowed"]


def test_what_is_too_large_is_413() -> None:
    target = Target(max_upload=2_000, max_files=2, max_body=500)
    assert target.one().status_code == 200
    one, two = {"query": ONE, "variables": {"file": None}}, {"0": ["variables.file"]}
    assert limit(target.send(one, two, {"0": (bytes(2_000), "a")})) == (413, "RESTGQL_MAX_UPLOAD", 2_000)
    many = {str(number): (b"", "a") for number in range(3)}
    assert limit(target.send(one, two, many)) == (413, "RESTGQL_MAX_FILES", 2)
    assert limit(target.send({"query": "#" * 600}, {})) == (413, "RESTGQL_MAX_BODY", 500)
    assert limit(target.send({"query": "{ __typename }"}, {"0": ["a" * 600]})) == (413, "RESTGQL_MAX_BODY", 500)
    assert len(target.asked) == 1


class Endless(io.RawIOBase):
    """A body of no known length that says how much of it was read."""

    def __init__(self) -> None:
        self.sent = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        self.sent += len(into)
        into[:] = bytes(len(into))
        return len(into)


def test_what_has_no_end_is_read_no_further_than_the_limit() -> None:
    target, body = Target(max_upload=100_000), Endless()
    environ = {"wsgi.input": body, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    content_type = "multipart/form-data; boundary=b"
    for headers, read in ((PREFLIGHT, 200_000), ({}, 0)):
        body.sent = 0
        answer = target.app.test_client().post(
            "/graphql", environ_overrides=environ, content_type=content_type, headers=headers
        )
        assert answer.status_code == (413 if headers else 415)
        assert body.sent <= read


def test_a_field_sends_no_more_than_one_upload_however_often_it_names_a_file() -> None:
    target = Target(max_upload=2_000)
    files = ", ".join('{name: "a", file: $file}' for _ in range(3))
    document = f"""mutation ($file: Upload!) {{
        much: post(path: "/echo", files: [{files}]) {{ ok }}
        within: post(path: "/echo", body: {{a: [$file, $file, $file]}}, encoding: MULTIPART) {{ ok }}
        first: post(path: "/echo", files: {{name: "a", file: $file}}) {{ ok }}
        second: post(path: "/echo", files: {{name: "a", file: $file}}) {{ ok }}
    }}"""
    operations = {"query": document, "variables": {"file": None}}
    answer = target.send(operations, {"0": ["variables.file"]}, {"0": (bytes(900), "a")}).json
    assert answer["data"] == {"much": None, "within": None, "first": {"ok": True}, "second": {"ok": True}}
    assert [error["extensions"]["limit"] for error in answer["errors"]] == ["RESTGQL_MAX_UPLOAD"] * 2
    assert len(target.asked) == 2


# What stands around it: hooks that read the request first, CSRF protection, Python.


READERS: dict[str, Callable[[], Any]] = {
    "form": lambda: request.form,
    "files": lambda: request.files,
    "data": lambda: request.get_data(),
    "json": lambda: request.get_json(silent=True),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_hook_may_read_the_request_first(reader: str) -> None:
    target = Target()
    target.app.before_request(lambda: (READERS[reader](), None)[1])
    assert target.one().json["data"]["post"]["json"]["files"] == [["photo", "a.txt", "text/x-a; b=c", "abc"]]
    body = {"query": "{ __typename }"}
    assert target.app.test_client().post("/graphql", json=body).json == {"data": {"__typename": "Query"}}
    assert target.app.test_client().post("/aggregate", json=["/token"]).status_code == 200
    data = {"operations": json.dumps(body), "map": "{}"}  # a form of another kind is no upload, whoever has read it
    assert target.app.test_client().post("/graphql", data=data, headers=PREFLIGHT).status_code == 415


@pytest.mark.parametrize("is_exempt", [True, False])  # by hand; if it is not, the gateway exempts itself
def test_the_apps_own_csrf_protection_holds_for_uploads(is_exempt: bool) -> None:
    target = Target()
    protect = CSRFProtect(target.app)
    if is_exempt:
        protect.exempt(target.gateway.blueprint)
    client = target.app.test_client()
    data = {"operations": json.dumps({"query": ONE, "variables": {"file": None}}), "map": '{"0": ["variables.file"]}'}

    def send(**headers: str) -> TestResponse:
        files = {"0": (io.BytesIO(b"abc"), "a.txt")}
        return client.post("/graphql", data={**data, **files}, headers={**PREFLIGHT, **headers})

    refused = send()
    assert refused.json["data"]["post"]["status"] == 400
    assert target.asked == []
    answer = send(**{"X-CSRFToken": client.get("/token").json["token"]})
    assert answer.json["data"]["post"]["json"]["files"] == [["photo", "a.txt", "text/plain", "abc"]]


def test_an_upload_reaches_another_server(serve: Callable[[Any], str]) -> None:
    there = Target()
    here = Target(upstreams={"/there": serve(there.app)})
    assert here.one(ONE.replace("/echo", "/there/echo")).json["data"]["post"]["status"] == 200
    assert there.asked[0]["files"] == [["photo", "a.txt", "text/x-a; b=c", "abc"]]
    assert here.asked == []


def test_a_resolver_of_ones_own_takes_an_upload() -> None:
    class Mutation(graphene.ObjectType):  # type: ignore[misc]
        keep = graphene.String(file=Upload(required=True))
        same = JSON(value=JSON())

        @staticmethod
        def resolve_keep(source: Any, info: Any, file: Any) -> str:
            return f"{file.filename} {file.content_type} {file.content}"

        @staticmethod
        def resolve_same(source: Any, info: Any, value: Any) -> Any:
            return value

    target = Target(mutation=Mutation)
    answer = target.one("mutation ($file: Upload!) { keep(file: $file) }")
    assert answer.json == {"data": {"keep": "a.txt text/x-a; b=c b'abc'"}}
    answer = target.one("mutation ($file: JSON) { same(value: {a: $file}) }")
    assert answer.json["data"] == {"same": None}
    assert "JSON cannot write" in answer.json["errors"][0]["message"]


def test_the_apps_own_limit_holds() -> None:
    target = Target()
    target.app.config["MAX_CONTENT_LENGTH"] = 100
    answer = target.one()
    assert (answer.status_code, answer.is_json) == (413, True)


def test_python_gives_files_as_werkzeug_has_them(target: Target) -> None:
    file = FileStorage(io.BytesIO(b"abc"), "a.txt", content_type="text/x-a")
    with target.app.app_context():
        found = target.gateway.execute(ONE, {"file": file})
        assert found["data"]["post"]["json"]["files"] == [["photo", "a.txt", "text/x-a", "abc"]]
        listed = 'mutation ($files: [RestFileInput!]) { post(path: "/echo", files: $files) { json } }'
        given = ({"name": str(number), "file": FileStorage(io.BytesIO(b"x"))} for number in range(2))
        found = target.gateway.execute(listed, {"files": [*given]})
        assert [file[:3] for file in found["data"]["post"]["json"]["files"]] == [["0", "", None], ["1", "", None]]
        assert "Upload takes a file" in target.gateway.execute(ONE, {"file": "a.txt"})["errors"][0]["message"]
        assert "not JSON" in target.gateway.execute(ONE, {"file": io.BytesIO()})["errors"][0]["message"]


def test_the_scalar_is_there_where_files_can_be_sent(target: Target) -> None:
    document = '{ upload: __type(name: "Upload") { kind specifiedByURL } }'
    spec = "https://github.com/jaydenseric/graphql-multipart-request-spec"
    with target.app.app_context():
        found = target.gateway.execute(document)
    assert found == {"data": {"upload": {"kind": "SCALAR", "specifiedByURL": spec}}}
    app = Flask(__name__)
    assert Gateway(app).execute(document) == {"data": {"upload": None}}
