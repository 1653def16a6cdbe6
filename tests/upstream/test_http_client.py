"""R5: an upstream that breaks off, drips, floods, lies or sends garbage is an error in its place; nothing is left."""

import gzip
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql import Gateway
from restgql.execution import thread_pool as pool
from tests.ports import free_port
from tests.upstream.raw import Act, Peer, Raw

TIMEOUT = 0.4
SLACK = 10.0
LIMIT = 100_000
THREADS = 23  # a pool of this module's own
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JSON = OK + b'Content-Length: 7\r\n\r\n{"a":1}'
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

Start = Callable[..., Raw]


@pytest.fixture
def raw() -> Iterator[Start]:
    servers: list[Raw] = []

    def start(act: Act, context: ssl.SSLContext | None = None, *, keep: bool = False) -> Raw:
        servers.append(Raw(act, context, keep=keep))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def gateway_to(url: str, **options: Any) -> Gateway:
    app = Flask(__name__)

    @app.get("/here")
    def here() -> dict[str, bool]:
        return {"here": True}

    given = {"routes": ["*"], "subrequest_timeout": TIMEOUT, "max_reply": LIMIT, "threads": THREADS} | options
    return Gateway(app, upstreams={"/up": url}, **given)


def ask(url: str, path: str = "/up/x", **options: Any) -> tuple[Any, float]:
    """What a path of the upstream and one of the app give in one operation, and the seconds that it took."""
    document = 'query ($path: String!) { there: get(path: $path) here: get(path: "/here") }'
    started = time.monotonic()
    result = gateway_to(url, **options).execute(document, {"path": path})
    seconds = time.monotonic() - started
    assert result["data"]["here"] == {"here": True}
    return result, seconds


def error(url: str, **options: Any) -> tuple[str, str]:
    """The code and message of why the upstream gave nothing, well before the deadline."""
    result, seconds = ask(url, **options | {"subrequest_timeout": 20})
    assert seconds < TIMEOUT + SLACK
    assert result["data"]["there"] is None
    (found,) = result["errors"]
    assert found["path"] == ["there"]
    return found["extensions"]["code"], found["message"]


def sends(data: bytes) -> Act:
    return lambda peer: peer.send(data)


def reset_after(data: bytes) -> Act:
    def act(peer: Peer) -> None:
        peer.send(data)
        peer.reset()

    return act


BROKEN: dict[str, Act] = {
    "nothing": sends(b""),
    "a reset": reset_after(b""),
    "a reset in the head": reset_after(OK),
    "a reset in the body": reset_after(OK + b"Content-Length: 100\r\n\r\n{}"),
    "half a status line": sends(b"HTTP/1.1 20"),
    "half a head": sends(OK + b"Content-Len"),
    "a body shorter than it says": sends(OK + b'Content-Length: 100\r\n\r\n{"a":1}'),
    "a body cut within a chunk": sends(CHUNKED + b"5\r\n[1"),
    "a body cut between chunks": sends(CHUNKED + b"3\r\n[1]\r\n"),
    "a chunk size that is no number": sends(CHUNKED + b"zz\r\n[1]\r\n0\r\n\r\n"),
    "a chunk size that is negative": lambda peer: peer.flood(CHUNKED + b"-1\r\n", b" " * 65_536),
    "a chunk longer than it says": sends(CHUNKED + b"2\r\n[1]\r\n0\r\n\r\n"),
    "another protocol": sends(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "garbage": sends(bytes(range(256)) * 8),
    "a status that is no number": sends(b"HTTP/1.1 OK 200\r\n\r\n"),
    "HTTP/2 in clear": sends(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18),
    "a head with a line that is no field": sends(OK + b'no field\r\nContent-Length: 7\r\n\r\n{"a":1}'),
    "a control character in a field": sends(OK + b'X-A: a\x00b\r\nContent-Length: 7\r\n\r\n{"a":1}'),
    "two lengths": sends(OK + b'Content-Length: 7\r\nContent-Length: 5\r\n\r\n{"a":1}'),
    "a list of lengths": sends(OK + b'Content-Length: 7, 5\r\n\r\n{"a":1}'),
    "a length that is no number": sends(OK + b'Content-Length: seven\r\n\r\n{"a":1}'),
    "a negative length": sends(OK + b'Content-Length: -7\r\n\r\n{"a":1}'),
    "a length and chunks": sends(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n"),
    "an unknown transfer coding": sends(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n"),
    "a switch of protocols": sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + JSON),
    "interim responses without end": lambda peer: peer.flood(
        b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 99
    ),
    "header lines without end": lambda peer: peer.flood(OK, b"X-A: " + b"a" * 1_000 + b"\r\n"),
    "a header line without end": lambda peer: peer.flood(OK + b"X-A: ", b"a" * 1_000),
    "a status line without end": lambda peer: peer.flood(b"HTTP/1.1 200 ", b"a" * 1_000),
    "too many small headers": sends(OK + b"X: y\r\n" * 500 + b"\r\n"),
    "a gzip body that is none": sends(OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n[1]"),
    "a coding that is unknown": sends(OK + b"Content-Encoding: klingon\r\nContent-Length: 3\r\n\r\n[1]"),
    "more codings than four": sends(
        OK + b"Content-Encoding: gzip, gzip, gzip, gzip, gzip\r\n\r\n" + gzip.compress(b"1")
    ),
    "JSON that is none": sends(OK + b"Content-Length: 3\r\n\r\n[1}"),
}


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN)
def test_r5_a_broken_answer_is_an_error_in_its_place(raw: Start, act: Act) -> None:
    code, message = error(raw(act).url.replace("//", "//hilda:secret@"))
    assert code == "UPSTREAM_INVALID"
    assert not any(word in message for word in ("secret", "hilda", "127.0.0.1", "Traceback"))


GOOD: dict[str, bytes] = {
    "interim responses first": b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS + JSON,
    "chunks, with extensions and a trailer": CHUNKED + b'4;a=b\r\n{"a"\r\n3\r\n:1}\r\n0\r\nX-Sum: 1\r\n\r\n',
    "a body until the connection closes": OK + b'\r\n{"a":1}',
    "HTTP/1.0": b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":1}',
    "a line that is folded": OK + b'X-A: a\r\n  b\r\nContent-Length: 7\r\n\r\n{"a":1}',
    "gzip": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b'{"a":1}'),
    "a body longer than it says": JSON + b"HTTP/1.1 500 No\r\n\r\n",
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_an_answer_that_is_well_formed_is_taken(raw: Start, data: bytes) -> None:
    result, _ = ask(raw(sends(data)).url)
    assert result == {"data": {"there": {"a": 1}, "here": {"here": True}}}


def test_what_follows_an_answer_is_never_another_ones(raw: Start) -> None:
    gateway = gateway_to(raw(sends(JSON + JSON.replace(b"1}", b"2}") + b" " * 40_000), keep=True).url)
    assert [gateway.get(f"/up/{number}") for number in range(3)] == [{"a": 1}] * 3


BOMB = gzip.compress(b"\0" * 50_000_000)
LARGE: dict[str, Act] = {
    "a body without end": lambda peer: peer.flood(OK + b"\r\n", b" " * 65_536),
    "chunks without end": lambda peer: peer.flood(CHUNKED, b"1000\r\n" + b" " * 4_096 + b"\r\n"),
    "a length of a petabyte": lambda peer: peer.flood(OK + b"Content-Length: %d\r\n\r\n" % 10**15, b" " * 65_536),
    "a gzip bomb": sends(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
    "a bomb in a bomb": sends(OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(BOMB)),
}


@pytest.mark.parametrize("act", LARGE.values(), ids=LARGE)
def test_an_answer_over_the_limit_is_cut(raw: Start, act: Act) -> None:
    server = raw(act)
    gateway_to(server.url).execute('{ get(path: "/up/warm") }')
    tracemalloc.start()
    try:
        assert error(server.url) == ("LIMIT_EXCEEDED", f"The response is over {LIMIT} bytes.")
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(("size", "code"), [(LIMIT, None), (LIMIT + 1, "LIMIT_EXCEEDED")])
def test_the_limit_is_one_of_the_decoded_body(raw: Start, coding: str, size: int, code: str | None) -> None:
    body = os.urandom(size)
    coded = gzip.compress(body) if coding == "gzip" else body
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding.encode(), len(coded))
    response = gateway_to(raw(sends(head + coded)).url).fetch("/up/x")
    assert (response.error, response.size) == (code, 0 if code else size)
    assert response.header("Content-Encoding") is None


def test_many_small_members_of_gzip_cost_no_more_than_one(raw: Start) -> None:
    body = gzip.compress(b" ") * 20_000 + gzip.compress(b"[1]")
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    result, seconds = ask(raw(sends(head + body)).url, max_reply=1_000_000, subrequest_timeout=20)
    assert result["data"]["there"] == [1]
    assert seconds < TIMEOUT + SLACK


DRIPS: dict[str, Act] = {
    "silence": Peer.wait,
    "a status line": lambda peer: peer.drip(b"HTTP/1.1 200 "),
    "a head": lambda peer: peer.drip(OK, b"X-A: a\r\n", 0.05),
    "interim responses": lambda peer: peer.drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.05),
    "a body": lambda peer: peer.drip(OK + b"Content-Length: 9999\r\n\r\n"),
    "a body until the end": lambda peer: peer.drip(OK + b"\r\n"),
    "chunks": lambda peer: peer.drip(CHUNKED, b"1\r\n \r\n"),
    "a chunk size": lambda peer: peer.drip(CHUNKED, b"0"),
    "a trailer": lambda peer: peer.drip(CHUNKED + b"0\r\n", b"X-A: a\r\n"),
    "a coded body": lambda peer: peer.drip(OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB[:10], b"\0"),
}


@pytest.mark.parametrize("act", DRIPS.values(), ids=DRIPS)
def test_r5_a_drip_is_cut_at_the_deadline(raw: Start, act: Act) -> None:
    server = raw(act)
    result, seconds = ask(server.url)
    assert [found["extensions"]["code"] for found in result["errors"]] == ["TIMEOUT"]
    assert TIMEOUT <= seconds < TIMEOUT + SLACK


def test_the_deadline_of_the_operation_is_one_of_the_exchange(raw: Start) -> None:
    result, seconds = ask(raw(DRIPS["a head"]).url, subrequest_timeout=30, deadline=TIMEOUT)
    assert [found["extensions"]["code"] for found in result["errors"]] == ["TIMEOUT"]
    assert TIMEOUT <= seconds < TIMEOUT + SLACK


def test_f6_a_request_within_a_request_has_what_is_left_of_the_outer_time(raw: Start) -> None:
    app = Flask(__name__)
    gateway = Gateway(app, routes=["*"], upstreams={"/up": raw(DRIPS["a body"]).url}, deadline=TIMEOUT, threads=THREADS)
    done = threading.Event()

    @app.get("/nests")
    def nests() -> Any:
        response = gateway.fetch("/up/x")
        done.set()
        return {"error": response.error}

    started = time.monotonic()
    gateway.fetch("/nests")
    assert done.wait(SLACK)
    assert time.monotonic() - started < TIMEOUT + SLACK


def test_a_connection_that_is_never_accepted_is_given_up() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # they fill the queue, so that a further SYN has no answer
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        result, seconds = ask(f"http://127.0.0.1:{address[1]}")
        for one in waiting:
            one.close()
    assert [found["extensions"]["code"] for found in result["errors"]] == ["TIMEOUT"]
    assert TIMEOUT <= seconds < TIMEOUT + SLACK


def test_a_refused_connection_and_a_name_that_nobody_has() -> None:
    port = free_port()
    assert error(f"http://127.0.0.1:{port}") == ("UPSTREAM_INVALID", "The upstream could not be reached.")
    assert error("http://hilda:secret@a..b")[0] == "UPSTREAM_INVALID"
    assert error(f"http://{'a' * 70}.invalid") == ("UPSTREAM_INVALID", "The upstream could not be reached.")


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def restgql_threads() -> int:
    return sum(thread.name.startswith("restgql-") for thread in threading.enumerate())


def settle(measure: Callable[[], int], most: int) -> None:
    """Wait until a measure is no more than it was; that it ever is is what is tested."""
    until = time.monotonic() + 2
    while measure() > most:
        assert time.monotonic() < until, f"{measure()} of {most}"
        time.sleep(0.01)


@pytest.mark.parametrize("content_type", ["text/event-stream", "multipart/x-mixed-replace; boundary=x"])
def test_m4_a_stream_of_events_is_refused_at_its_headers(raw: Start, content_type: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    server = raw(lambda peer: peer.drip(head, b"9\r\ndata: 1\n\n\r\n"))
    code, message = error(server.url)
    assert code == "UPSTREAM_INVALID"
    assert "stream of events" in message
    settle(lambda: pool.shared(THREADS).stuck + pool.shared(THREADS).busy, 0)


def test_r5_no_thread_and_no_file_stays_behind(raw: Start) -> None:
    app = Flask(__name__)
    gateway = Gateway(
        app,
        upstreams={f"/{number}": raw(act).url for number, act in enumerate((*DRIPS.values(), *LARGE.values()))},
        routes=[],
        subrequest_timeout=TIMEOUT,
        max_reply=LIMIT,
        threads=THREADS,
    )
    paths = [f"/{number}/x" for number in range(len(DRIPS) + len(LARGE))]
    document = "query ($paths: [String!]!) { aggregate(paths: $paths) }"
    files, threads = open_files(), restgql_threads()
    for _ in range(4):
        answers = gateway.execute(document, {"paths": paths})["data"]["aggregate"]
        assert {answer["code"] for answer in answers.values()} == {"TIMEOUT", "LIMIT_EXCEEDED"}
        settle(lambda: pool.shared(THREADS).stuck + pool.shared(THREADS).busy, 0)
        app.extensions["restgql"]["restgql"].remotes.close()
        settle(open_files, files)
        settle(restgql_threads, threads + 2 * len(paths))  # idle ones of the pool


OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a certificate for `localhost`, with its key."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "localhost.pem", "-out", "cert.pem"]
    subprocess.run([OPENSSL, *request.split(), *names], cwd=path.parent, check=True, capture_output=True)
    path.write_text(path.read_text() + (path.parent / "cert.pem").read_text())
    return path


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate)
    return found


def localhost(server: Raw) -> str:
    return server.url.replace("127.0.0.1", "localhost")


TLS = ("UPSTREAM_INVALID", "The upstream's TLS handshake or certificate is not valid.")


def test_tls_is_verified(
    raw: Start, context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw(sends(JSON), context)
    assert error(localhost(server)) == TLS
    assert error(raw(sends(JSON)).url.replace("http:", "https:")) == TLS
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert ask(localhost(server))[0]["data"]["there"] == {"a": 1}
    assert error(server.url) == TLS  # the certificate is not one of 127.0.0.1
    assert [request.split()[1] for request in server.requests] == [b"/x"]


@pytest.mark.parametrize("name", ["a head", "a body", "chunks", "silence"])
def test_a_drip_within_tls_is_cut(
    raw: Start, context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    result, seconds = ask(localhost(raw(DRIPS[name], context)))
    assert [found["extensions"]["code"] for found in result["errors"]] == ["TIMEOUT"]
    assert TIMEOUT <= seconds < TIMEOUT + SLACK


def test_a_handshake_that_is_never_answered_is_given_up(raw: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result, seconds = ask(f"https://127.0.0.1:{listener.getsockname()[1]}")
    assert [found["extensions"]["code"] for found in result["errors"]] == ["TIMEOUT"]
    assert TIMEOUT <= seconds < TIMEOUT + SLACK
