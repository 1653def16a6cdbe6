"""Which header fields say who asks, and which make URLs what they are."""

import pytest

from restgql.cache.keys import CacheKeys
from restgql.formats import target
from restgql.formats.target import Site
from restgql.model import SubRequest
from restgql.upstream.identity import Identity

IT = SubRequest(target=target.parse("/it?a=1"))
SITE = Site(origins=frozenset({"http://localhost"}))
PLAIN = {"wsgi.url_scheme": "http", "HTTP_HOST": "localhost"}

WHO = [
    "Authorization",
    "Cookie",
    "Proxy-Auth-Request",
    "X-Api-Key",
    "Api-Key",
    "Apikey",
    "Ocp-Apim-Subscription-Key",
    "X-Auth-Token",
    "X-Access-Token",
    "X-Session-Id",
    "X-User",
    "X-User-Id",
    "X-Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Goog-Authenticated-User-Email",
    "X-Ms-Client-Principal",
    "X-Amzn-Oidc-Identity",
    "Cf-Access-Jwt-Assertion",
    "X-Tenant-Id",
    "X-Account",
    "X-Organization-Id",
    "X-Customer",
    "X-Role",
    "X-Scopes",
    "X-Client-Id",
    "X-Ssl-Client-Dn",
    "X-Ssl-Cert",
    "X-Client-Cert",
    "X-Csrftoken",
    "X-Xsrf-Token",
    "X-Impersonate",
    "X-Hub-Signature-256",
    "X-Login",
    "Remote-User",
    "X-Anything",
    "From",
    "On-Behalf-Of",
    "Sudo",
    "X-Forwarded-For",
    "X-Real-Ip",
    "X-Client-Ip",
    "Cf-Connecting-Ip",
    "X-Envoy-External-Address",
    "X-Appengine-User-Email",
]
NOT_WHO = [
    "Accept",
    "User-Agent",
    "Referer",
    "Origin",
    "Dnt",
    "Pragma",
    "Priority",
    "Sec-Ch-Ua",
    "Sec-Fetch-Mode",
    "Sec-Fetch-User",
    "Via",
    "X-Request-Id",
    "X-Correlation-Id",
    "Traceparent",
    "Tracestate",
    "Baggage",
    "X-B3-Traceid",
    "X-Amzn-Trace-Id",
    "Cf-Ray",
    "X-Client-Version",
    "X-Envoy-Attempt-Count",
    "X-Acme-Request-Id",
    "X-Device",
    "Upgrade-Insecure-Requests",
    "X-Requested-With",
]


def scopes(environ: dict[str, object], request: SubRequest = IT, salt: bytes = b"") -> tuple[str, str]:
    key = CacheKeys(PLAIN | environ, salt, Identity(["Accept-Language", "!X-Device", "!remote_addr"]), SITE).key(
        request
    )
    assert key is not None
    return key.private, key.shared


def field(name: str, value: str = "a value") -> dict[str, object]:
    return {f"HTTP_{name.upper().replace('-', '_')}": value}


@pytest.mark.parametrize("name", [*WHO, "Accept-Language"])
def test_it_says_who_asks(name: str) -> None:
    assert scopes(field(name))[0] != scopes({})[0]
    assert scopes(field(name))[0] != scopes(field(name, "another"))[0]
    assert scopes(field(name))[1] == scopes({})[1], "for all it makes no difference"


@pytest.mark.parametrize("name", NOT_WHO)
def test_it_says_nothing_of_who_asks(name: str) -> None:
    assert scopes(field(name)) == scopes({})


@pytest.mark.parametrize(
    "name",
    [
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "Forwarded",
        "X-Host",
        "X-Rewrite-URL",
        "X-Script-Name",
        "X-Scheme",
        "Front-End-Https",
    ],
)
def test_it_may_be_in_the_urls_that_an_app_makes(name: str) -> None:
    assert scopes(field(name))[1] != scopes({})[1]
    assert scopes(field(name))[0] != scopes({})[0]


@pytest.mark.parametrize("key", ["REMOTE_USER", "SSL_CLIENT_S_DN", "OIDC_CLAIM_sub", "eppn", "REMOTE_HOST", "my.user"])
def test_the_server_may_know_who_asks(key: str) -> None:
    assert scopes({key: "a"})[0] != scopes({})[0]
    assert scopes({key: "a"})[1] == scopes({})[1]


@pytest.mark.parametrize("key", ["REMOTE_PORT", "SSL_SESSION_ID", "UNIQUE_ID", "mod_wsgi.request_id", "REMOTE_ADDR"])
def test_what_the_server_says_of_a_connection_says_nothing_of_who_asks(key: str) -> None:
    assert scopes({key: "a"}) == scopes({}), "REMOTE_ADDR is left out by the configuration"


def test_the_address_says_who_asks_unless_it_is_left_out() -> None:
    assert Identity().of({"REMOTE_ADDR": "10.0.0.1"}) != Identity().of({"REMOTE_ADDR": "10.0.0.2"})
    assert Identity(["!REMOTE_ADDR"]).of({"REMOTE_ADDR": "10.0.0.1"}) == ()


def test_the_environment_of_the_process_says_nothing_of_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granian and wsgiref have all of it in every environ; other machines have another."""
    monkeypatch.setenv("INVOCATION", "1")
    assert Identity().of({"INVOCATION": "1"}) == ()
    monkeypatch.setenv("REQUEST_METHOD", "GET")  # this is CGI
    assert Identity().of({"INVOCATION": "1"}) == (("INVOCATION", "1"),)


def test_a_cookie_of_the_sub_request_stands_in_for_the_callers() -> None:
    with_own = SubRequest(target=IT.target, cookie="a=2")
    assert scopes(field("Cookie", "a=1"), with_own) == scopes(field("Cookie", "a=2"))
    assert scopes(field("Cookie", "a=1"), SubRequest(target=IT.target, cookie="")) != scopes(field("Cookie", "a=1"))


def test_another_salt_is_another_place() -> None:
    assert not set(scopes({}, salt=b"a")) & set(scopes({}, salt=b"b"))


def test_the_uri_is_that_of_the_app() -> None:
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "API.example.com", "SCRIPT_NAME": "/v1"}
    key = CacheKeys(environ, b"", Identity(), SITE).key(IT)
    assert key is not None
    assert key.uri == "https://api.example.com/v1/it?a=1"
    served = CacheKeys({"wsgi.url_scheme": "http", "SERVER_NAME": "a", "SERVER_PORT": "80"}, b"", Identity(), SITE).key(
        IT
    )
    assert served is not None
    assert served.uri == "http://a:80/it?a=1"


@pytest.mark.parametrize(("one", "other"), [("/a%7eb", "/a~b"), ("/a%2Cb", "/a,b"), ("/é", "/%C3%A9"), ("/a?", "/a")])
def test_the_spellings_of_a_path_are_one_uri(one: str, other: str) -> None:
    caller = CacheKeys(PLAIN, b"", Identity(), SITE)
    assert caller.uri(target.parse(one)) == caller.uri(target.parse(other))


@pytest.mark.parametrize(("one", "other"), [("/a%3Fb", "/a?b"), ("/a%253Fb", "/a%3Fb"), ("/a?b=%41", "/a?b=A")])
def test_what_the_app_can_tell_apart_is_not(one: str, other: str) -> None:
    caller = CacheKeys(PLAIN, b"", Identity(), SITE)
    assert caller.uri(target.parse(one)) != caller.uri(target.parse(other))
