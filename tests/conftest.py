import gc
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from werkzeug.serving import make_server
from werkzeug.test import EnvironBuilder

from tests import marks
from tests.redis_server import RedisServer

pytest.register_assert_rewrite("tests.equality.rule")
# an example may take any time: no test asserts a time
hypothesis.settings.register_profile("restgql", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("restgql")

Serve = Callable[[Any], str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--phase", choices=marks.PHASES, help="run a part of the tests: see tests/marks.py")


def is_left_out(config: pytest.Config, file: Path) -> bool:
    phase = config.getoption("phase")
    return phase is not None and not marks.PHASES[phase](marks.marks_of(marks.path_of(file)))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import the files of other phases."""
    return (collection_path.suffix == ".py" and is_left_out(config, collection_path)) or None


@pytest.hookimpl(tryfirst=True)  # so that -m sees the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for mark in sorted(marks.marks_of(marks.path_of(item.path))):
            item.add_marker(mark)
    # a file that is an argument is collected in any phase
    left_out = [item for item in items if is_left_out(config, item.path)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_left_out(config, item.path)]
    if config.pluginmanager.hasplugin("xdist"):
        items.sort(key=lambda item: marks.rank(marks.path_of(item.path)))


def pytest_collection_finish() -> None:
    """Let collections of garbage pass over the tests themselves: there are thousands, and many tests collect."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the groups of marks.group to the processes, one by one.

    pytest-xdist's own `--dist loadgroup` writes a group into the node id, which pytest 9.2 ignores.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return marks.group(nodeid)

    return ByGroup(config, log)


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where RESTGQL_NO_SKIPS is set, as on CI, a skipped test or module has failed; an expected failure has not."""
    if os.environ.get("RESTGQL_NO_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nRESTGQL_NO_SKIPS is set, so this may not be skipped: provide what it needs."


# Both are outermost, so that they see what pytest's own plugins made of a skip.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.fixture(autouse=True)
def threads_promised(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have test clients promise threads (wsgi.multithread), as most servers do; a test marked `one_thread` has its own
    environ say."""
    if "one_thread" in request.keywords:
        return
    get_environ = EnvironBuilder.get_environ
    monkeypatch.setattr(EnvironBuilder, "get_environ", lambda self: get_environ(self) | {"wsgi.multithread": True})


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serves WSGI apps on free loopback ports, a thread a request; gives the URL of each."""
    servers = []

    def start(app: Any) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        server.daemon_threads = False  # so that closing waits for them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """`tests/clients` with its npm packages installed, as its lock file has them."""
    folder = Path(__file__).parent / "clients"
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    fcntl = pytest.importorskip("fcntl")  # Windows has none
    installed, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of several processes one installs, and the others wait
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
            subprocess.run(command, cwd=folder, check=True)
    return folder


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()
