"""The session of the outer request, which sub-requests may change, too."""

from collections.abc import Iterable
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from restgql.formats import cookies
from restgql.upstream.contexts import SESSION

_BEAKER = "beaker.session"
"""The environ key of the session of Beaker's middleware, which saves it when the response begins."""


class OuterSession:
    """The session of the outer request, if a store on the server keeps it.

    At its end a request overwrites what its sub-requests have written, such as a login. So a changed session is saved
    before the first sub-request and opened again after the last, and likewise around a resolver of the user's own.
    `cookies` are the Set-Cookie values that it has to send. A session that is entirely in its cookie needs none of
    this, because the cookies of sub-requests are sent after its own. `in_flask` is True for a session of the app's
    session interface, `beaker` is one of Beaker's middleware.
    """

    def __init__(self, app: Flask, context: Any, *, in_flask: bool, beaker: Any) -> None:
        self._app = app
        self._context = context
        self._in_flask = in_flask
        self._beaker = beaker
        self.cookies: list[str] = []

    @classmethod
    def of(cls, app: Flask, context: Any) -> "OuterSession | None":
        """Return the session of a request context, or None if it is entirely in its cookie, or absent."""
        interface, session = app.session_interface, vars(context).get(SESSION)
        in_cookie = type(interface) is SecureCookieSessionInterface
        in_flask = not in_cookie and session is not None and not interface.is_null_session(session)
        beaker = context.request.environ.get(_BEAKER)
        if type(beaker).__module__ != _BEAKER:  # its class is in a module of this name
            beaker = None
        return cls(app, context, in_flask=in_flask, beaker=beaker) if in_flask or beaker is not None else None

    def save(self) -> None:
        """Save the changes of the outer request so far."""
        if self._in_flask:
            self._save_in_flask()
        if self._beaker is not None and self._beaker.accessed():
            self._beaker.persist()

    def reopen(self, of_parts: Iterable[str] = ()) -> None:
        """Open the session again, as the client would send it after the Set-Cookie values of sub-requests."""
        if self._in_flask:
            self._reopen_in_flask(of_parts)
        beaker = self._beaker
        if beaker is not None and beaker.accessed() and hasattr(beaker, "namespace_class"):  # not one in a cookie
            beaker.load()

    def _save_in_flask(self) -> None:
        session = vars(self._context)[SESSION]
        if not getattr(session, "modified", True):
            return
        response = self._app.response_class()
        self._app.session_interface.save_session(self._app, session, response)
        self.cookies += response.headers.getlist("Set-Cookie")

    def _reopen_in_flask(self, of_parts: Iterable[str]) -> None:
        app, context = self._app, self._context
        old, request = vars(context)[SESSION], context.request
        header = cookies.next_header(
            request.headers.get("Cookie", ""), [(request.url, [*self.cookies, *of_parts])], request.url
        )
        environ = {key: value for key, value in request.environ.items() if not key.startswith("werkzeug.")}
        environ["HTTP_COOKIE"] = header
        session: Any = app.session_interface.open_session(app, app.request_class(environ, populate_request=False))
        if session is None:
            session = app.session_interface.make_null_session(app)
        if getattr(old, "accessed", False):  # the response varies with it
            session.accessed = True
        vars(context)[SESSION] = session
