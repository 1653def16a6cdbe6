"""Typed fields in incremental responses."""

from typing import Any

from tests.schema.typed.fields import STATUS, Make, batched


def merged(payloads: list[dict[str, Any]]) -> Any:
    """The data that the payloads make, and no payload with an error."""
    data: Any = payloads[0]["data"]
    pending: dict[str, list[str | int]] = {}
    for payload in payloads:
        pending |= {each["id"]: each["path"] for each in payload.get("pending", ())}
        for each in payload.get("incremental", ()):
            at = data
            for key in [*pending[each["id"]], *each.get("subPath", ())]:
                at = at[key]
            if "items" in each:
                at.extend(each["items"])
            else:
                at.update(each["data"])
    return data


def test_typed_fields_come_in_parts(make: Make) -> None:
    world = batched(make, [{"id": n, "userId": n} for n in range(4)])
    text = """{ posts @stream(initialCount: 1) { id author { name ... @defer(label: "g") { group { name } } } }
                ... @defer { plain { id author { id } } } }"""
    payloads = world.payloads(text)
    assert len(payloads[0]["data"]["posts"]) == 1
    assert "plain" not in payloads[0]["data"]
    whole = world.execute(
        text.replace("@stream(initialCount: 1)", "").replace("@defer", "").replace('(label: "g")', "")
    )
    assert merged(payloads) == whole["data"]
    assert not payloads[-1]["hasNext"]


def test_errors_of_a_part_are_at_their_path(make: Make) -> None:
    world = batched(make, [{"id": 1, "userId": 1}, {"id": 2, "userId": 2}], {"/users": (500, None)})
    payloads = world.payloads("{ posts { id ... @defer { author { id } } } }")
    told = [
        error for payload in payloads for part in payload.get("incremental", ()) for error in part.get("errors", ())
    ]
    assert sorted(error["path"] for error in told) == [["posts", 0, "author"], ["posts", 1, "author"]]
    assert {error["extensions"]["code"] for error in told} == {STATUS}
