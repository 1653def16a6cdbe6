"""Which Set-Cookie a client gets, where the response and its parts set one cookie."""

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from restgql.formats.cookies import merged

ANONYMOUS, ANN = {"_permanent": True}, {"_permanent": True, "user": "ann"}
JWT = "eyJhbGciOiJIUzI1NiJ9.{}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"


def session(value: dict[str, object], seconds: int) -> str:
    """A session cookie as Flask signs it, at such a time."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return seconds

    text = URLSafeTimedSerializer("s", salt="cookie-session", signer=Signer).dumps(value)
    return f"session={text if isinstance(text, str) else text.decode()}; Path=/; HttpOnly"


@pytest.mark.parametrize(
    ("own", "parts", "kept"),
    [
        (["a=0"], ["a=1", "a=0"], ["a=1"]),
        (["a=0"], ["a=0", "a=1"], ["a=1"]),
        (["a=0"], ["a=1", "a=2", "a=0"], ["a=2"]),
        (["a=0"], ["a=0"], ["a=0"]),
        ([], ["a=1", "a=0"], ["a=0"]),
        (["a=0; Path=/x"], ["a=1", "a=0"], ["a=0; Path=/x", "a=0"]),
        (["a=user"], ["a=; Max-Age=0", "a=user; Secure"], ["a=; Max-Age=0"]),
        (["a=x.y.z"], ["a=x.y.w", "a=x.y.z"], ["a=x.y.w"]),
    ],
)
def test_a_part_that_says_what_the_response_says_itself_undoes_nothing(
    own: list[str], parts: list[str], kept: list[str]
) -> None:
    assert merged(own, parts) == kept


def test_a_session_that_is_only_refreshed_undoes_no_login_and_no_logout() -> None:
    first, later = 1_790_000_000, 1_790_000_002
    refreshed, again = (session(ANONYMOUS, seconds) for seconds in (first, later))
    assert refreshed != again
    login = session(ANN, first)
    assert merged([again], [login, refreshed]) == [login]
    assert merged([session(ANN, later)], ["session=; Path=/; Max-Age=0", login]) == ["session=; Path=/; Max-Age=0"]


def test_a_jwt_is_taken_whole() -> None:
    nobody, ann = (f"token={JWT.format(payload)}" for payload in ("eyJzdWIiOm51bGx9", "eyJzdWIiOiJhbm4ifQ"))
    assert merged([nobody], [ann, nobody]) == [ann]
    assert merged([ann], [nobody]) == [nobody]
