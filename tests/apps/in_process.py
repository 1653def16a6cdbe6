"""The client of tests/equality without a socket: each request is a call of the app."""

from typing import Any

from werkzeug.test import Client as WerkzeugClient

from tests.equality.client import Answer, Client, Headers


class InProcessClient(Client):
    """Send each request to `app`; `multithread` is the server's promise (PEP 3333)."""

    def __init__(self, app: Any, *, headers: Headers = (), multithread: bool) -> None:
        super().__init__("http://localhost", headers=headers)
        self._client = WerkzeugClient(app, use_cookies=False)
        self._multithread = multithread

    def ask(self, method: str, target: str, headers: Headers = (), body: bytes | None = None) -> Answer:
        path, _, query = target.partition("?")
        response = self._client.open(
            path,
            method=method,
            query_string=query,
            base_url=self.url,
            headers=[*self._headers, *headers],
            data=body,
            environ_overrides={
                "REMOTE_ADDR": "127.0.0.1",
                "RAW_URI": target,
                "REQUEST_URI": target,
                "wsgi.multithread": self._multithread,
            },
            buffered=True,
        )
        return Answer(response.status_code, tuple(response.headers.items()), response.get_data())
