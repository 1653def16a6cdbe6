"""Measures work in a process of its own: CPU seconds, growth of memory, wall time, and the answer.

`Process` starts a process that makes the apps under attack and serves no request. It forks for every call: each call
begins with the same memory, and a call that hangs or takes all memory ends alone.
"""

import ctypes
import gc
import importlib
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tests.cpu import slowness

ROOT = Path(__file__).parents[2]

CPU_SECONDS = 6
WALL_SECONDS = 60
ADDRESS_SPACE = 2_000_000_000
"""The most that one call may take before it is killed, far over each bound that a test asserts."""

MEGABYTE = 1_000_000

_MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""Lets glibc give back what is freed. By default it raises both thresholds with the size of what a program frees, and
then keeps up to 64 MB free at the end of a thread's heap, which malloc_trim(3) does not give back: mallopt(3).
"""


class Killed(NamedTuple):
    """A call that did not end by itself: the signal that ended it, or the traceback of what it raised."""

    reason: str


class Cost(NamedTuple):
    """The cost of some work: CPU seconds of all threads, the peak of memory over the memory before, wall time."""

    cpu: float
    megabytes: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.cpu:.3f} s of CPU, +{self.megabytes:.1f} MB, {self.seconds:.2f} s"


class Process:
    """A process that forks for each call."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", "from tests.hardening.measure import serve; serve()"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_MALLOC, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *sys.path)))},
        )

    def call(self, function: Callable[..., Any], *arguments: Any, cpu_seconds: int = CPU_SECONDS) -> Any:
        """Return the result of a module's function, which ran in a fork; Killed where there is none."""
        assert self._child.stdin
        assert self._child.stdout
        _send(self._child.stdin, (function.__module__, function.__qualname__, arguments, cpu_seconds))
        return _receive(self._child.stdout)

    def close(self) -> None:
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.close()
        self._child.wait()
        self._child.stdout.close()


def resident() -> float:
    """Return the megabytes of memory that the process has, after it gave back what it does not use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return _status("VmRSS")


def cost(work: Callable[[], Any]) -> tuple[Cost, Any]:
    """Return the cost of some work, of the threads that go on after it too, and its result. Its CPU is that of a
    machine that is as fast as the one that the bounds were set on."""
    before = resident()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: proc(5)
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    seconds = time.perf_counter() - wall
    settle()
    spent = (time.process_time() - cpu) / slowness()
    return Cost(spent, _status("VmHWM") - before, seconds), result


def settle() -> None:
    """Wait until no thread of the process uses the CPU."""
    busy = True
    while busy:
        before = time.process_time()
        time.sleep(0.02)
        busy = time.process_time() - before > 0.005


def _status(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024 / MEGABYTE
    raise LookupError(key)


def _send(stream: BinaryIO | Any, value: Any) -> None:
    data = pickle.dumps(value)
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def _receive(stream: BinaryIO | Any) -> Any:
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError
    return pickle.loads(stream.read(struct.unpack("<Q", size)[0]))


def _forked(module: str, name: str, arguments: tuple[Any, ...], cpu_seconds: int) -> Any:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _guard(cpu_seconds)
        result: Any
        try:
            result = getattr(importlib.import_module(module), name)(*arguments)
        except BaseException:
            result = Killed(traceback.format_exc(limit=-8))
        with os.fdopen(writer, "wb") as stream:
            _send(stream, result)
        os._exit(0)  # whatever its threads still do
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        try:
            result = _receive(stream)
        except EOFError:
            result = None
    _, status = os.waitpid(child, 0)
    return Killed(signal.Signals(os.WTERMSIG(status)).name) if os.WIFSIGNALED(status) else result


def _guard(cpu_seconds: int) -> None:
    """Let the system end the process where it takes too much: also within C code that does not return."""
    for number in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    signal.alarm(max(WALL_SECONDS, 2 * cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    used = int(_status("VmSize") * MEGABYTE)
    resource.setrlimit(resource.RLIMIT_AS, (used + ADDRESS_SPACE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve() -> None:
    """Fork for each call that comes, until no more come."""
    requests, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints is no result
    from tests.hardening import cost_app

    cost_app.prepare()
    gc.collect()
    gc.freeze()  # as servers do before they fork: a collection in a fork need not look at the apps
    while True:
        try:
            call = _receive(requests)
        except EOFError:
            return
        _send(results, _forked(*call))
