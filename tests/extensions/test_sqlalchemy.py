"""T3: Flask-SQLAlchemy's scoped sessions and its pool, under many aggregates at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from tests.extensions.conftest import Recipe

POOL = 5
CLIENTS = 12
AGGREGATES = 200
PARTS = [*(f"/items/{id}" for id in range(1, 6)), "/slow/6", "/slow/7", "/items/99", "/crash", "/uncommitted"]

Load = Callable[..., Any]


@pytest.fixture
def load(recipe: Recipe) -> Iterator[Load]:
    """The recipe with another pool, with seven items, and with routes that misbehave."""
    loaded = []

    def load(pool_size: int, gateway: str = "Gateway(app)") -> Any:
        replace = {'"pool_size": 40': f'"pool_size": {pool_size}', "Gateway(app)": gateway}
        module = recipe("Size the pool of Flask-SQLAlchemy", replace)
        loaded.append(module)
        db, item = module.db, module.Item

        @module.app.get("/slow/<int:id>")
        def slow(id: int) -> Any:
            found = db.get_or_404(item, id)
            time.sleep(0.002)
            return {"id": found.id, "name": found.name}

        @module.app.get("/crash")
        def crash() -> Any:
            db.session.execute(db.text("SELECT 1"))
            raise RuntimeError("with a connection checked out")

        @module.app.get("/uncommitted")
        def uncommitted() -> Any:
            db.session.add(item(name="never committed"))
            return {"new": len(db.session.new), "dirty": len(db.session.dirty)}

        with module.app.app_context():
            db.session.add_all(item(id=id, name=f"item {id}") for id in range(1, 8))
            db.session.commit()
        return module

    yield load
    for module in loaded:
        with module.app.app_context():
            module.db.engine.dispose()


def test_t3_no_session_is_shared_and_no_connection_left_checked_out(load: Load) -> None:
    module = load(POOL)
    sessions: list[tuple[Any, int]] = []
    out: list[int] = []

    @module.app.after_request
    def note(response: Any) -> Any:
        sessions.append((module.db.session(), threading.get_ident()))  # kept, so that no id is given twice
        return response

    with module.app.app_context():
        engine = module.db.engine
    assert isinstance(engine.pool, QueuePool)
    event.listen(engine, "checkout", lambda *_: out.append(engine.pool.checkedout()))

    def ask(_: int) -> Any:
        answer = module.app.test_client().post("/aggregate", json=PARTS)
        assert answer.status_code == 200
        return answer.json

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = list(threads.map(ask, range(AGGREGATES)))

    for answer in answers:
        assert list(answer) == PARTS
        for number, path in enumerate(PARTS[:7], start=1):
            assert answer[path] == {"id": number, "name": f"item {number}"}
        assert (answer["/items/99"]["status"], answer["/crash"]["status"]) == (404, 500)
        assert answer["/uncommitted"] == {"new": 1, "dirty": 0}
    assert engine.pool.checkedout() == 0
    assert max(out) == POOL
    assert len(sessions) == AGGREGATES * (1 + len(PARTS))
    assert len({id(session) for session, _ in sessions}) == len(sessions)
    assert len({thread for _, thread in sessions}) > 1
    with module.app.app_context():
        assert module.db.session.query(module.Item).count() == 7


@pytest.mark.parametrize(("pool_size", "status"), [(1, 504), (2, None)])
def test_an_outer_request_that_keeps_a_connection_needs_one_more(
    load: Load, pool_size: int, status: int | None
) -> None:
    module = load(pool_size, "Gateway(app, subrequest_timeout=1)")
    ended: list[object] = []
    module.app.teardown_request(ended.append)

    @module.app.before_request
    def load_user() -> None:
        module.db.session.get(module.Item, 1)

    answer = module.app.test_client().post("/aggregate", json=["/items/1", "/slow/2"]).json
    assert [part.get("status") for part in answer.values()] == [status, status]
    with module.app.app_context():
        pool = module.db.engine.pool
    deadline = time.monotonic() + 5
    while len(ended) < 3 or pool.checkedout():  # parts that were given up end when a connection is free at last
        assert time.monotonic() < deadline
        time.sleep(0.01)
