"""Persisted documents over HTTP: automatic ones (APQ), manifests, and a gateway that runs only those."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import ConfigError, Gateway
from restgql.documents.registry import MemoryRegistry
from tests.cpu import cost

A = '{ a: get(path: "/a") }'
B = '{ b: get(path: "/a") }'
NAMED = 'query Named($p: String = "/a") { get(path: $p) }'
WRITE = 'mutation { post(path: "/a") { status } }'
NOT_FOUND = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
NOT_SUPPORTED = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
GRAPHQL_JSON = {"Accept": "application/graphql-response+json"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apq(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


def app_of(folder: Path | None = None, **settings: Any) -> Flask:
    app = Flask(__name__, root_path=str(folder) if folder else None)
    app.add_url_rule(
        "/a", "a", lambda: ({"a": 1}, 200, {"Cache-Control": "public, max-age=60"}), methods=["GET", "POST"]
    )
    Gateway(app, routes=["*"], **settings)
    return app


def client_of(folder: Path | None = None, **settings: Any) -> FlaskClient:
    return app_of(folder, **settings).test_client()


def post(client: FlaskClient, **body: Any) -> TestResponse:
    return client.post("/graphql", json=body)


def get(client: FlaskClient, **query: Any) -> TestResponse:
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
    return client.get("/graphql", query_string=given)


def error(answer: TestResponse) -> tuple[str, str]:
    (found,) = (answer.json or {})["errors"]
    return found["message"], found["extensions"]["code"]


# Automatic persisted queries.


def test_a_document_is_registered_by_its_hash_and_then_the_hash_is_enough() -> None:
    client = client_of()
    assert error(get(client, extensions=apq(A))) == NOT_FOUND
    assert post(client, query=A, extensions=apq(A)).json == {"data": {"a": {"a": 1}}}
    answer = get(client, extensions=apq(A))
    assert answer.json == {"data": {"a": {"a": 1}}}
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "ETag" in answer.headers
    assert post(client, extensions=apq(A)).json == answer.json
    assert get(client, documentId=f"sha256:{digest(A)}").json == answer.json


def test_what_is_not_found_may_not_be_stored_by_any_cache() -> None:
    for headers, status in (({}, 200), (GRAPHQL_JSON, 400)):
        answer = client_of().get("/graphql", query_string={"extensions": json.dumps(apq(A))}, headers=headers)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
        assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    ("persisted", "code"),
    [
        ({"version": 1, "sha256Hash": digest(B)}, "BAD_REQUEST"),
        ({"version": 1, "sha256Hash": "__proto__"}, "BAD_REQUEST"),
        ({"version": 1, "sha256Hash": ""}, "BAD_REQUEST"),
        ({"version": 2, "sha256Hash": digest(A)}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"version": "1", "sha256Hash": digest(A)}, "BAD_REQUEST"),
        ({"version": 1, "sha256Hash": 7}, "BAD_REQUEST"),
        ({"sha256Hash": digest(A)}, "BAD_REQUEST"),
        ({"version": 1}, "BAD_REQUEST"),
        ([], "BAD_REQUEST"),
        ("x", "BAD_REQUEST"),
        (None, None),
    ],
    ids=str,
)
def test_x3_a_wrong_hash_is_refused_and_registers_nothing(persisted: Any, code: str | None) -> None:
    client = client_of()
    answer = post(client, query=A, extensions={"persistedQuery": persisted}).json
    assert answer is not None
    assert [each["extensions"]["code"] for each in answer.get("errors", [])] == ([code] if code else [])
    assert error(post(client, extensions=apq(A))) == NOT_FOUND
    assert error(post(client, extensions=apq(B))) == NOT_FOUND


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "", "sha256:", "\ud800", "x" * 100_000])
def test_x3_an_id_is_nothing_but_a_name(name: str) -> None:
    client = client_of()
    for body in ({"documentId": name}, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": name}}}):
        answer = client.post("/graphql", data=json.dumps(body), content_type="application/json")
        assert answer.status_code < 500
        assert error(answer)[1] in ("PERSISTED_QUERY_NOT_FOUND", "BAD_REQUEST")


def test_only_what_is_valid_is_registered() -> None:
    client = client_of()
    for text in ("{ nothing }", "{", "{ __schema { queryType { name } } }"):
        assert "errors" in (post(client, query=text, extensions=apq(text)).json or {})
        assert error(post(client, extensions=apq(text))) == NOT_FOUND


def test_x3_the_store_is_bounded_in_entries_and_in_bytes() -> None:
    client = client_of(apq_entries=3)
    texts = [f'{{ a{number}: get(path: "/a") }}' for number in range(5)]
    for text in texts[:3]:
        post(client, query=text, extensions=apq(text))
    assert post(client, extensions=apq(texts[0])).json == {"data": {"a0": {"a": 1}}}  # so that it is not the oldest
    post(client, query=texts[3], extensions=apq(texts[3]))
    known = ["errors" not in (post(client, extensions=apq(text)).json or {}) for text in texts]
    assert known == [True, False, True, True, False]
    registry = MemoryRegistry(entries=1_000, size=10)
    for key, text in (("a", "1234"), ("a", "1234"), ("b", "éé"), ("c", "123"), ("d", "12345678901")):
        registry.put(key, text)
        assert sum(len((registry.get(k) or "").encode()) for k in "abcd") <= 10
    assert [registry.get(key) for key in "abcd"] == [None, None, None, None]  # one that is too large empties it


def test_registration_can_be_closed() -> None:
    client = client_of(apq=False)
    assert error(post(client, extensions=apq(A))) == NOT_SUPPORTED
    assert post(client, query=A, extensions=apq(A)).json == {"data": {"a": {"a": 1}}}
    assert error(post(client, extensions=apq(A))) == NOT_SUPPORTED


def test_variables_and_names_come_with_the_hash() -> None:
    client = client_of()
    post(client, query=NAMED, extensions=apq(NAMED))
    found = get(client, extensions=apq(NAMED), variables={"p": "/none"}, operationName="Named").json
    assert [each["extensions"]["code"] for each in (found or {})["errors"]] == ["NOT_ALLOWED"]
    assert error(get(client, extensions=apq(NAMED), operationName="Other"))[1] == "BAD_REQUEST"


def test_a_mutation_is_registered_and_still_runs_by_post_only() -> None:
    client = client_of(verbs=["POST"])
    assert post(client, query=WRITE, extensions=apq(WRITE)).json == {"data": {"post": {"status": 200}}}
    assert get(client, extensions=apq(WRITE)).status_code == 405
    other = WRITE.replace("status", "ok")
    assert get(client, query=other, extensions=apq(other)).status_code == 405
    assert error(post(client, extensions=apq(other))) == NOT_FOUND
    assert post(client, extensions=apq(WRITE)).json == {"data": {"post": {"status": 200}}}


# What GET runs.


@pytest.mark.parametrize(
    ("setting", "text", "by_hash", "listed"),
    [("any", 200, 200, 200), ("persisted", 405, 200, 200), ("stored", 405, 405, 405), ("off", 405, 405, 405)],
)
def test_get_runs_what_is_configured(tmp_path: Path, setting: str, text: int, by_hash: int, listed: int) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"b": B}))
    client = client_of(tmp_path, get=setting, persisted_documents="m.json")
    for method in (client.get, client.head):
        assert method("/graphql", query_string={"query": A}).status_code == text
    post(client, query=NAMED, extensions=apq(NAMED))
    assert get(client, extensions=apq(NAMED)).status_code == by_hash
    assert get(client, query=NAMED).status_code == by_hash
    assert get(client, documentId="b").status_code == listed
    refused = client.get("/graphql", query_string={"query": "{ __typename }"})
    if setting != "any":
        assert (error(refused)[1], refused.headers["Allow"], refused.headers["Cache-Control"]) == (
            "NOT_ALLOWED",
            "POST, QUERY",
            "no-store",
        )
    assert client.open("/graphql", method="QUERY", json={"query": A}).status_code == 200


@pytest.mark.parametrize("profile", ["open", "hardened"])
def test_get_registers_a_document_that_it_gives_with_its_hash(profile: str) -> None:
    client = client_of(profile=profile)
    refused = get(client, query=A)
    assert refused.status_code == (405 if profile == "hardened" else 200)
    assert error(get(client, query=A, extensions=apq(B)))[1] == "BAD_REQUEST"
    assert get(client, query=A, extensions=apq(A)).json == {"data": {"a": {"a": 1}}}
    assert get(client, extensions=apq(A)).json == {"data": {"a": {"a": 1}}}
    closed = client_of(profile="hardened", apq=False)
    refused = get(closed, query=A, extensions=apq(A))
    assert (refused.status_code, "RESTGQL_GET" in refused.text) == (405, True)


# Manifests.

MANIFESTS: dict[str, Any] = {
    "graphql-codegen": {hashlib.sha1(A.encode()).hexdigest(): A},
    "relay-compiler": {hashlib.md5(A.encode()).hexdigest(): A},
    "apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": "a1", "name": "A", "type": "query", "body": A}],
    },
}


@pytest.mark.parametrize("form", MANIFESTS)
def test_a_manifest_is_taken_in_the_form_that_its_tool_writes(tmp_path: Path, form: str) -> None:
    (tmp_path / "m.json").write_text(json.dumps(MANIFESTS[form]))
    client = client_of(tmp_path, persisted_documents=["m.json"], apq=False)
    identifier = "a1" if form == "apollo" else next(iter(MANIFESTS[form]))
    expected = {"data": {"a": {"a": 1}}}
    assert get(client, documentId=identifier).json == expected
    assert post(client, documentId=identifier).json == expected
    by_hash = {"persistedQuery": {"version": 1, "sha256Hash": identifier}}
    assert get(client, extensions=by_hash).json == expected
    assert post(client, query=A, extensions=by_hash).json == expected
    assert error(post(client, query=B, extensions=by_hash))[1] == "BAD_REQUEST"


@pytest.mark.parametrize("known", [digest(A), f"sha256:{digest(A)}", "another"])
@pytest.mark.parametrize("asked", [digest(A), f"sha256:{digest(A)}", digest(A).upper()])
def test_a_document_of_a_manifest_is_known_by_its_sha256_in_each_spelling(
    tmp_path: Path, known: str, asked: str
) -> None:
    (tmp_path / "m.json").write_text(json.dumps({known: A, "b": B}))
    client = client_of(tmp_path, persisted_documents="m.json", operations_only=True)
    expected = {"data": {"a": {"a": 1}}}
    assert post(client, documentId=asked).json == expected
    assert get(client, extensions={"persistedQuery": {"version": 1, "sha256Hash": asked}}).json == expected
    assert post(client, documentId=known).json == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not a manifest"),
        ("[]", "is not a manifest"),
        ('{"a": 1}', "is not a manifest"),
        ('{"format": "other"}', "is not a manifest"),
        ('{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}', "is not a manifest"),
        (None, "No such file"),
    ],
)
def test_a_manifest_that_cannot_be_read_keeps_the_app_from_starting(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "m.json").write_text(text)
    with pytest.raises(ConfigError, match=f"RESTGQL_PERSISTED_DOCUMENTS: .*m.json.*{message}"):
        app_of(tmp_path, persisted_documents="m.json")


def test_two_manifests_are_one_unless_they_disagree(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text(json.dumps({"a": A, "b": B}))
    (tmp_path / "phone.json").write_text(json.dumps({"a": A}))
    client = client_of(tmp_path, persisted_documents=["web.json", "phone.json"])
    assert post(client, documentId="b").json == {"data": {"b": {"a": 1}}}
    (tmp_path / "phone.json").write_text(json.dumps({"a": B}))
    with pytest.raises(ConfigError, match="has another document 'a'"):
        app_of(tmp_path, persisted_documents=["web.json", "phone.json"])


# Only what is listed.


def only(folder: Path, setting: Any) -> FlaskClient:
    (folder / "m.json").write_text(json.dumps({"a": A, "named": NAMED}))
    return client_of(folder, persisted_documents="m.json", operations_only=setting, profile="open")


def test_only_listed_documents_run(tmp_path: Path) -> None:
    client = only(tmp_path, True)
    expected = {"data": {"a": {"a": 1}}}
    for body in ({"documentId": "a"}, {"query": A}, {"query": '# a comment\n{\n  a : get(path:"/a")\n}\n'}):
        assert post(client, **body).json == expected
    assert post(client, query=NAMED, variables={"p": "/a"}).json == {"data": {"get": {"a": 1}}}
    for text in (B, "{ __typename }", "{ nothing }", "{", A + " " * 70_000, "{ __schema { queryType { name } } }"):
        assert error(post(client, query=text))[1] == "NOT_ALLOWED"
        assert post(client, query=text).status_code == 403
    assert error(get(client, query=B))[1] == "NOT_ALLOWED"
    assert error(post(client, query=B, extensions=apq(B)))[1] == "NOT_ALLOWED"
    assert error(post(client, extensions=apq(B))) == NOT_SUPPORTED
    for answer in (client.post("/aggregate", json=["/a"]), client.get("/aggregate?path=/a")):
        assert (answer.status_code, (answer.json or {})["code"]) == (403, "NOT_ALLOWED")


@pytest.mark.parametrize("text", ["{" * 65_000, "{" + "a " * 32_000 + "}"], ids=["brackets", "tokens"])
def test_what_is_not_listed_is_refused_before_all_of_it_is_read(tmp_path: Path, text: str) -> None:
    client = only(tmp_path, True)

    def ask() -> None:
        assert error(post(client, query=text))[1] == "NOT_ALLOWED"

    assert cost(ask, times=20) < 0.05


def test_before_that_the_log_has_what_would_be_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "restgql")
    client = only(tmp_path, "log")
    assert post(client, query=A).json == {"data": {"a": {"a": 1}}}
    assert caplog.messages == []
    assert post(client, query=B).json == {"data": {"b": {"a": 1}}}
    other = NAMED.replace("Named", "Other")
    post(client, query=other, operationName="Other")
    client.post("/aggregate", json=["/a"])
    assert caplog.messages == [
        f"RESTGQL_OPERATIONS_ONLY would refuse operation=- document={digest(B)[:12]}",
        f"RESTGQL_OPERATIONS_ONLY would refuse operation=Other document={digest(other)[:12]}",
        "RESTGQL_OPERATIONS_ONLY would refuse operation=aggregate",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("A\nB", "'A\\nB'"),
        ("\x1b[31m\u2028", "'\\x1b[31m\\u2028'"),
        ("x document=0", "'x document=0'"),
        ("é\u202e", "'\\xe9\\u202e'"),
        ("x" * 100_000, "x" * 80),
        ("", "-"),
    ],
    ids=range(6),
)
def test_a_name_that_clients_think_up_cannot_forge_or_flood_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, shown: str
) -> None:
    caplog.set_level(logging.WARNING, "restgql")
    body = json.dumps({"query": B, "operationName": name})
    only(tmp_path, "log").post("/graphql", data=body, content_type="application/json")
    assert caplog.messages == [f"RESTGQL_OPERATIONS_ONLY would refuse operation={shown} document={digest(B)[:12]}"]
