"""Traffic of long values: one request after the other, each with a value that no other has."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import quote as percent

from tests.hardening.attacks.uploads import upload
from tests.hardening.cost_app import MIXED, SSE, Request, graphql, send
from tests.hardening.measure import MEGABYTE, resident

LONGEST = 980_000
DOCUMENT = 60_000
TIMES, LEAST_TIMES, ENOUGH_SECONDS = 200, 10, 0.6
ENOUGH_TIMES_ALLOWED = 1.4
"""Requests with so many times the allowed bytes are enough: if their values were kept, more than allowed would be."""

Make = Callable[[int], Request]


def long(number: int, size: int = LONGEST) -> str:
    """Return a text of so many characters; each number makes another."""
    return f"m2x{number:06d}x".ljust(size, "abcdefghij"[number % 10])


def variable(query: str, size: int = LONGEST, **others: Any) -> Make:
    """Return queries with a long variable `v`."""
    return lambda number: graphql(query, {"v": long(number, size), **others})


def in_document(form: str, size: int = DOCUMENT) -> Make:
    """Return queries with a long text where `form` has `@@`."""
    return lambda number: graphql(form.replace("@@", long(number, size)))


def header(name: str, prefix: str = "") -> Make:
    query = graphql('{ get(path: "/ok") }')
    return lambda number: query._replace(headers=((name, prefix + long(number)),))


def path(form: str, method: str = "GET", size: int = LONGEST, **more: Any) -> Make:
    return lambda number: Request(path=form.replace("@@", long(number, size)), method=method, content_type="", **more)


def body(make: Callable[[str], Any], to: str, variant: str = "open") -> Make:
    return lambda number: Request(json.dumps(make(long(number))).encode(), to, variant=variant)


def registered(number: int) -> Request:
    query = f"{{ {long(number, DOCUMENT)}: __typename }}"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}
    return graphql(query, extensions=extensions)


def file_named(number: int, **parts: Any) -> Request:
    operations = {"query": "mutation ($f: Upload!) { upload(file: $f) }", "variables": {"f": None}}
    name = (parts.get("part") and long(number)) or "0"
    sent = upload(operations, {name: ["variables.f"]}, {name: b"content"})
    if parts.get("filename"):
        return sent._replace(body=sent.body.replace(b'filename="0.txt"', f'filename="{long(number)}"'.encode()))
    if parts.get("media"):
        more = f'filename="0.txt"\r\nContent-Type: text/{long(number)}'.encode()
        return sent._replace(body=sent.body.replace(b'filename="0.txt"', more))
    return sent


GET = "query ($v: String!) { get(path: $v) }"
OK = '{ get(path: "/ok") }'
TRAFFIC: dict[str, Make] = {
    "path": lambda number: graphql(GET, {"v": "/" + long(number)}),
    "path of a route": lambda number: graphql(GET, {"v": "/echo/" + long(number, 4_000)}),
    "path of no route": lambda number: graphql(GET, {"v": "/none/" + long(number, 4_000)}),
    "query of a path": lambda number: graphql(GET, {"v": "/ok?" + long(number, 4_000)}),
    "path in the document": in_document('{ get(path: "/@@") }'),
    "path of fetch": lambda number: graphql(
        "query ($v: String!) { fetch(path: $v) { status url } }", {"v": "/" + long(number)}
    ),
    "path below each": lambda number: graphql(
        'query ($v: String!) { fetch(path: "/list") { each { get(path: $v) } } }', {"v": "/" + long(number)}
    ),
    "path of getEach": lambda number: graphql(
        'query ($v: String!) { fetch(path: "/list") { getEach(path: $v) } }', {"v": "/{id}/" + long(number)}
    ),
    "template": lambda number: graphql(GET, {"v": "/ok{?" + long(number) + "}"}),
    "template that is short": lambda number: graphql(GET, {"v": "/ok{?" + long(number, 3_900) + "}"}),
    "template in the document": in_document('{ get(path: "/ok{?@@}") }'),
    "template with a long value": variable('query ($v: String) { get(path: "/ok{?v}", params: {v: $v}) }'),
    "template with a value that fits": variable('query ($v: String) { get(path: "/ok{?v}", params: {v: $v}) }', 3_900),
    "value of a segment": variable('query ($v: String) { get(path: "/echo/{v}", params: {v: $v}) }', 3_900),
    "typed argument": variable("query ($v: ID!) { user(id: $v) { id } }"),
    "typed argument that fits": variable("query ($v: ID!) { user(id: $v) { id } }", 3_900),
    "typed header": variable("query ($v: String) { headed(text: $v) }"),
    "parameter name": lambda number: graphql(
        'query ($v: JSON) { get(path: "/ok{?v*}", params: $v) }', {"v": {long(number): 1}}
    ),
    "exploded name": lambda number: graphql(
        'query ($v: JSON) { get(path: "/ok{?v*}", params: {v: $v}) }', {"v": {long(number): 1}}
    ),
    "select": variable('query ($v: String) { get(path: "/ok", select: $v) }'),
    "select that fits": variable('query ($v: String) { get(path: "/ok", select: $v) }', 1_000),
    "select in the document": in_document('{ get(path: "/ok", select: "@@") }'),
    "over": variable('query ($v: String) { fetch(path: "/ok") { each(over: $v) { json } } }'),
    "over that fits": variable('query ($v: String) { fetch(path: "/ok") { each(over: $v) { json } } }', 1_000),
    "over of getEach": variable('query ($v: String) { fetch(path: "/ok") { getEach(over: $v, path: "/ok") } }'),
    "json's select": variable('query ($v: String) { fetch(path: "/ok") { json(select: $v) } }'),
    "header name": variable('query ($v: String!) { get(path: "/ok", headers: [{name: $v, value: "a"}]) }'),
    "header value": variable('query ($v: String!) { get(path: "/ok", headers: [{name: "Prefer", value: $v}]) }'),
    "header value that fits": variable(
        'query ($v: String!) { get(path: "/ok", headers: [{name: "Prefer", value: $v}]) }', 7_000
    ),
    "header asked for": variable('query ($v: String!) { fetch(path: "/ok") { header(name: $v) } }'),
    "prefix of routes": variable("query ($v: String) { routes(prefix: $v) { path } }"),
    "name of __type": variable("query ($v: String!) { __type(name: $v) { name } }"),
    "paths of aggregate": variable("query ($v: String!) { aggregate(paths: [$v]) }"),
    "variable that is not used": lambda number: graphql(OK, {long(number): 1}),
    "the name of an unused variable": in_document("query ($@@: Int) { __typename }"),
    "variable's name": in_document("query ($@@: Int) { asked(any: $@@) }", 25_000),
    "operation's name in the request": lambda number: graphql(OK, operationName=long(number)),
    "operation's name": in_document("query @@ { __typename }"),
    "operation's name, both": lambda number: graphql(
        f"query {long(number, DOCUMENT)} {{ __typename }}", operationName=long(number, DOCUMENT)
    ),
    "alias": in_document('{ @@: get(path: "/ok") }'),
    "alias on a list": in_document("{ posts { @@: title } }"),
    "field that is none": in_document("{ @@ }"),
    "argument that is none": in_document('{ get(path: "/ok", @@: 1) }'),
    "fragment's name": in_document("{ ...@@ } fragment @@ on Query { __typename }", 25_000),
    "type that is none": in_document("{ ... on @@ { a } }"),
    "directive that is none": in_document("{ __typename @@@ }"),
    "enum value": in_document("{ asked(any: @@) }"),
    "comment": in_document("{ __typename } # @@"),
    "string of typed arguments": in_document('{ asked(text: "@@") }'),
    "label of @defer": lambda number: in_document('{ ... @defer(label: "@@") { asked(text: "a") } }')(number)._replace(
        accept=SSE
    ),
    "label of @stream": lambda number: in_document('{ fetch(path: "/list") { each @stream(label: "@@") { json } } }')(
        number
    )._replace(accept=MIXED),
    "document that is too long": in_document('{ get(path: "/@@") }', LONGEST),
    "document registered": registered,
    "documentId": lambda number: Request(json.dumps({"documentId": long(number)}).encode()),
    "documentId beside a query": lambda number: graphql(OK, documentId=long(number)),
    "sha256Hash": lambda number: graphql(OK, extensions={"persistedQuery": {"version": 1, "sha256Hash": long(number)}}),
    "extension": lambda number: graphql(OK, extensions={long(number): long(number, 10)}),
    "key of the request": lambda number: Request(json.dumps({"query": OK, long(number): 1}).encode()),
    "stored parameter": body(lambda text: {"text": text}, "/graphql/plain"),
    "stored parameter that is none": body(lambda text: {text: 1}, "/graphql/plain"),
    "stored over": body(lambda text: {"over": text}, "/graphql/over"),
    "stored name": path("/graphql/@@"),
    "stored query string": path("/graphql/plain?text=@@"),
    "stored query name": path("/graphql/plain?@@=1"),
    "path below the endpoint": path("/graphql/plain/@@"),
    "operation's name by GET": path(f"/graphql?query={percent(OK)}&operationName=@@"),
    "document by GET": lambda number: Request(
        path=f"/graphql?query={{{long(number, DOCUMENT)}:__typename}}", method="GET", content_type=""
    ),
    "variables by GET": lambda number: Request(
        path="/graphql?query="
        + percent("query($v:String){asked(text:$v)}")
        + "&variables="
        + percent(json.dumps({"v": long(number)})),
        method="GET",
        content_type="",
    ),
    "documentId by GET": path("/graphql?documentId=@@"),
    "query string of a POST": lambda number: graphql(OK)._replace(path=f"/graphql?x={long(number)}"),
    "query string's name": lambda number: graphql(OK)._replace(path=f"/graphql?{long(number)}=1"),
    "method": lambda number: graphql(OK)._replace(method=long(number).upper()),
    "path of aggregate": body(lambda text: ["/" + text], "/aggregate"),
    "path of aggregate that fits": lambda number: Request(
        json.dumps(["/echo/" + long(number, 4_000)]).encode(), "/aggregate"
    ),
    "key of aggregate": body(lambda text: {text: "/ok"}, "/aggregate"),
    "key of aggregate, enveloped": body(lambda text: {text: "/ok"}, "/aggregate?envelope=true"),
    "envelope": lambda number: Request(b'["/ok"]', f"/aggregate?envelope={long(number)}"),
    "aggregate by GET": path("/aggregate?path=/@@"),
    "name of a file": lambda number: file_named(number, filename=True),
    "name of a part": lambda number: file_named(number, part=True),
    "media type of a part": lambda number: file_named(number, media=True),
    "place of a file": lambda number: upload(
        {"query": "mutation ($f: Upload!) { upload(file: $f) }", "variables": {"f": None}},
        {"0": [f"variables.{long(number)}"]},
        {"0": b"content"},
    ),
    "batch of names": lambda number: Request(
        json.dumps([{"query": OK, "operationName": long(number, 90_000)} for _ in range(10)]).encode(),
        variant="writing",
    ),
    "path of a mutation": lambda number: graphql(
        "mutation ($v: String!) { post(path: $v) { status } }", {"v": "/" + long(number)}, variant="writing"
    ),
    "body of a mutation": lambda number: graphql(
        'mutation ($v: JSON) { post(path: "/form", body: $v) { status } }', {"v": long(number)}, variant="writing"
    ),
    "path of gateway.get": lambda number: Request(
        path=f"/through?path=/echo/{long(number, 4_000)}", method="GET", content_type=""
    ),
    "long path of gateway.get": path("/through?path=/@@"),
    "Accept": lambda number: graphql(OK)._replace(accept=f"application/{long(number)}, */*;q=0.1"),
    "Accept of aggregate": lambda number: Request(b'["/ok"]', "/aggregate", accept=f"a/{long(number)}, */*;q=0.1"),
    "Content-Type": lambda number: graphql(OK)._replace(content_type=f"application/json; a={long(number)}"),
    "Content-Type that is none": lambda number: graphql(OK)._replace(content_type=long(number)),
    "boundary": lambda number: upload({"query": OK}, {}, {})._replace(
        content_type=f"multipart/form-data; boundary={long(number)}"
    ),
    "a header's name": lambda number: graphql(OK)._replace(headers=((f"X-{long(number)}", "a"),)),
    **{
        name: header(name, prefix)
        for name, prefix in {
            "X-Request-Id": "",
            "Cookie": "a=",
            "Authorization": "Bearer ",
            "User-Agent": "",
            "Accept-Language": "",
            "Accept-Encoding": "",
            "Traceparent": "",
            "X-Forwarded-For": "",
            "X-Forwarded-Host": "",
            "Forwarded": "for=",
            "If-None-Match": '"',
            "Origin": "http://",
            "Referer": "http://localhost/",
            "Connection": "",
            "Idempotency-Key": "",
            "Host": "",
            "Content-Encoding": "",
            "Prefer": "",
        }.items()
    },
}
"""The requests with a long value, by the place of that value; each number makes another value."""


def kept(name: str, allowed: float) -> float:
    """Return the megabytes that stay taken after many requests, in a process that was warm.

    These are 200; fewer, and at least 11, if they take long, if they are large enough together, or if they took more
    memory than is allowed.
    """
    make = TRAFFIC[name]
    for number in range(10):
        send(make(number)._replace(threads=number % 2 == 0))
    before = resident()
    until = time.process_time() + ENOUGH_SECONDS
    enough, sent = ENOUGH_TIMES_ALLOWED * allowed * MEGABYTE, 0
    for number in range(10, 10 + TIMES):
        request = make(number)._replace(threads=number % 2 == 0)
        send(request)
        sent += request.size
        if number % LEAST_TIMES == 0 and (
            sent > enough or time.process_time() > until or resident() - before > 2 * allowed
        ):
            break
    return resident() - before


def all_of_it(times: int) -> None:
    """Send all traffic, so many requests of each kind."""
    for make in TRAFFIC.values():
        for number in range(times):
            send(make(number))
