"""A response that is stored in memory, against the request that it saves, through the app's own `wsgi_app`."""

from benchmarks import measure
from benchmarks.app import create_app
from benchmarks.inside import QUICK, one_by_one
from benchmarks.measure import Round
from restgql import Scripted
from restgql.formats import target
from restgql.model import SubRequest

FRESH = (200, {"id": 1}, {"Cache-Control": "max-age=600"})


def rounds() -> list[Round]:
    """The seconds of ten hits, and of ten requests."""
    scripted = Scripted(dict.fromkeys(QUICK, FRESH), cache="memory")
    dispatch = scripted._connect().dispatch
    requests = [SubRequest(target=target.parse(path)) for path in QUICK]

    def hits() -> None:
        for request in requests:
            dispatch(request)

    cases = {"ten fresh hits in memory": hits, "ten one by one": one_by_one(create_app(), QUICK)}
    found = measure.rounds(cases, count=15, seconds=0.1)
    assert len(scripted.hits) == len(QUICK), "a hit in memory is no hit of a route"
    return found
