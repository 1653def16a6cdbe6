"""Servers in processes of their own: start them, wait for an answer, read their CPU time and memory, stop them."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Server:
    """A server process with all processes that it starts: they share its session."""

    def __init__(self, command: Sequence[str], port: int, *, environ: Mapping[str, str], log: Path) -> None:
        self.port = port
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def await_answer(self, seconds: float) -> None:
        """Return when a GET of / has any answer.

        Raise RuntimeError with the end of the log if the process has ended or the time is over.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                probe.settimeout(10)
                probe.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                # a server may listen before it has loaded its app, and then end
                if probe.recv(1):
                    return
            time.sleep(0.05)
        log = self._log.read_text(errors="replace").strip()[-400:]
        raise RuntimeError(f"the server does not answer: {log}")

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes, or 0 where there is no /proc."""
        return sum(int(fields[11]) + int(fields[12]) for fields in self._stats()) / _TICK

    def resident_bytes(self) -> int:
        return sum(int(fields[21]) for fields in self._stats()) * _PAGE

    def stop(self) -> None:
        """Ask the process to end, kill it after 5 s, and kill what it has left behind."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        while self._stats():
            time.sleep(0.02)

    def _stats(self) -> list[list[str]]:
        """Return the fields of /proc/*/stat after the name, for each process of the session."""
        rows = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                if fields[3] == str(self._process.pid) and fields[0] != "Z":
                    rows.append(fields)
        return rows


@contextlib.contextmanager
def serving(server: Server, seconds: float = 30) -> Iterator[Server]:
    """Stop the server at the end, whatever happens."""
    try:
        server.await_answer(seconds)
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
