"""A server that sends whatever bytes it is told to, on loopback, and counts who comes."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

SECONDS = 10


class Peer:
    """A connection to the server, after a request was read from it."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self._connection = connection
        self.stopping = stopping

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def drip(self, data: bytes, then: bytes = b"x", every: float = 0.02) -> None:
        """Send `data`, and then a little again and again, until the other side has had enough."""
        self.send(data)
        while not self.stopping.wait(every):
            self.send(then)

    def flood(self, data: bytes, then: bytes) -> None:
        """Send `data`, and then `then` without end."""
        self.send(data)
        while not self.stopping.is_set():
            self.send(then)

    def wait(self) -> None:
        """Send nothing, until the other side closes."""
        self._connection.recv(1)

    def reset(self) -> None:
        """Close with RST rather than FIN."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Act = Callable[[Peer], None]


class Raw:
    """Calls `act` when a request has come, and then closes the connection, or keeps it for the next request."""

    def __init__(self, act: Act, context: ssl.SSLContext | None = None, *, keep: bool = False) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._act = act
        self._context = context
        self._keep = keep
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._start(self._accept)

    def close(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake accept()
        self._listener.close()
        for connection in self._open.copy():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="raw")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(SECONDS)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            inside = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with inside:
                for request in _requests(inside):
                    self.requests.append(request)
                    self._act(Peer(inside, self._stopping))
                    if not self._keep:
                        break
        self._open.discard(connection)


def _requests(connection: socket.socket) -> Iterator[bytes]:
    """The heads of the requests that come, none of which has a body."""
    buffer = b""
    while data := connection.recv(65_536):
        buffer += data
        if buffer.startswith(b"\x16"):  # TLS, to a server that speaks none
            yield buffer
        while b"\r\n\r\n" in buffer:
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            yield head
