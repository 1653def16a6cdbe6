"""Ports for servers that a test starts as a program."""

import itertools
import os
import socket

_FIRST, _EACH = 10_000, 1_000
"""Below the ports that the system chooses, so that no other test gets one of these before the program listens."""
_NUMBERS = itertools.count(os.getpid())


def free_port() -> int:
    """Return a port that nobody listens on. Each process of pytest-xdist has its own thousand."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for number in itertools.islice(_NUMBERS, _EACH):
        port = _FIRST + process % 20 * _EACH + number % _EACH
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise OSError("every port is taken")
