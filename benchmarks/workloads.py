"""The workloads: each as a list of paths, as a GraphQL query, and with the answer that every peer must give."""

from dataclasses import dataclass
from typing import Any

from benchmarks.backend import ITEMS, LISTED, POSTS, POSTS_OF, USERS

ALL_FIELDS = "id userId title slug body views likes createdAt published tags"
BRIEF = ("id", "title", "views")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`paths` is empty if the later requests depend on the JSON of the earlier ones."""

    name: str
    title: str
    query: str
    data: Any
    paths: tuple[str, ...] = ()
    connections: tuple[int, ...] = (1, 16)
    share: float = 1.0
    """The share of the usual rounds, and of the usual seconds of a measurement."""


def _brief(post: dict[str, Any]) -> dict[str, Any]:
    return {name: post[name] for name in BRIEF}


def _posts(count: int, fields: str) -> str:
    return "{ " + " ".join(f"p{id}: post(id: {id}) {{ {fields} }}" for id in range(1, count + 1)) + " }"


def _post_paths(count: int) -> tuple[str, ...]:
    return tuple(f"/posts/{id}" for id in range(1, count + 1))


W1 = Workload(
    name="W1",
    title="ten GETs of 0.5 kB",
    paths=_post_paths(10),
    query=_posts(10, ALL_FIELDS),
    data={f"p{id}": POSTS[id] for id in range(1, 11)},
)
W2 = Workload(
    name="W2",
    title="3 of 10 fields of 100 objects",
    paths=("/posts",),
    query="{ posts { id title views } }",
    data={"posts": [_brief(post) for post in LISTED]},
)
W3 = Workload(
    name="W3",
    title="100 posts and their 10 authors",
    # a list of paths can have the authors only if the client knows their ids beforehand
    paths=("/posts", *(f"/users/{id}" for id in USERS)),
    query="{ posts { id title user { name email } } }",
    data={
        "posts": [
            {
                "id": post["id"],
                "title": post["title"],
                "user": {name: USERS[post["userId"]][name] for name in ("name", "email")},
            }
            for post in LISTED
        ]
    },
)
W4 = Workload(
    name="W4",
    title="ten routes of 50 ms",
    paths=tuple(f"/slow/50/{n}" for n in range(10)),
    query="{ " + " ".join(f"s{n}: slow(ms: 50, n: {n}) {{ n }}" for n in range(10)) + " }",
    data={f"s{n}": {"n": n} for n in range(10)},
    share=1.0,
)
W5 = Workload(
    name="W5",
    title="three dependent levels",
    query="{ post(id: 1) { title user { name posts { id title } } } }",
    data={
        "post": {
            "title": POSTS[1]["title"],
            "user": {
                "name": USERS[POSTS[1]["userId"]]["name"],
                "posts": [{"id": post["id"], "title": post["title"]} for post in POSTS_OF[POSTS[1]["userId"]]],
            },
        }
    },
)


def _many_requests(count: int) -> Workload:
    return Workload(
        name=f"W6 {count} requests",
        title=f"{count} GETs, 3 of 10 fields",
        paths=_post_paths(count),
        query=_posts(count, " ".join(BRIEF)),
        data={f"p{id}": _brief(POSTS[id]) for id in range(1, count + 1)},
        connections=(1,),
        share=0.5,
    )


def _many_items(count: int) -> Workload:
    return Workload(
        name=f"W6 {count} items",
        title=f"3 of 10 fields of {count} objects",
        paths=(f"/items/{count}",),
        query=f"{{ items(count: {count}) {{ {' '.join(BRIEF)} }} }}",
        data={"items": [_brief(item) for item in ITEMS[:count]]},
        connections=(1,),
        share=0.5,
    )


SIZES = (*map(_many_requests, (1, 10, 50, 500)), *map(_many_items, (1, 100, 1_000, 10_000)))
WORKLOADS = (W1, W2, W3, W4, W5, *SIZES)


def values(workload: Workload) -> dict[str, Any]:
    """Return the JSON of each path of a workload, as the back end answers it."""
    from benchmarks.backend import app

    client = app.test_client()
    return {path: client.get(path).get_json() for path in workload.paths}
