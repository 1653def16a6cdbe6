"""An answer in parts: the payloads of the GraphQL RFC "Defer and Stream", each sent as soon as its content is ready."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError
from graphql.pyutils import Path

from restgql.documents.selected_field import Defer
from restgql.execution.result import Result
from restgql.large_frame import in_large_frame
from restgql.respond.deferred_parts import DeferredFields, DeferredFragment, StreamedList
from restgql.respond.executor import Executor
from restgql.respond.field_sources import WalkContext
from restgql.respond.introspection import Data

PathKeys = tuple[str | int, ...]
Payload = dict[str, Any]
Format = Callable[[GraphQLError], Payload]


PAYLOAD_SIZE = 262_144
"""The bytes from which a payload is sent although more is ready, because memory holds it several times."""


class FragmentDelivery:
    """A deferred fragment at one place of the response; it has an `id` once it is announced to the client.

    Its `state` is waiting, announced, done or failed; `errors` are the reasons why it has no data.
    """

    __slots__ = ("children", "errors", "id", "label", "open", "parent", "parts", "path", "state")

    def __init__(self, label: str | None, path: PathKeys, parent: "FragmentDelivery | None") -> None:
        self.label = label
        self.path = path
        self.parent = parent
        self.children: list[FragmentDelivery] = []
        self.parts: list[FieldsDelivery] = []
        self.open = 0
        self.errors: list[GraphQLError] = []
        self.id: str | None = None
        self.state = "waiting"


class FieldsDelivery:
    """The fields of one object that the same fragments defer."""

    __slots__ = ("awaited", "data", "errors", "fragments", "of", "path", "sent", "streams")

    def __init__(self, of: DeferredFields, path: PathKeys, fragments: list[FragmentDelivery]) -> None:
        self.of = of
        self.path = path
        self.fragments = fragments
        self.awaited: list[Result] = []
        self.data: Data | None = None
        self.errors: list[GraphQLError] = []
        self.streams: list[StreamDelivery] = []
        self.sent = False


class StreamDelivery:
    """A list whose items are sent one after the other, starting with `index`."""

    __slots__ = ("awaited", "id", "index", "of", "path")

    def __init__(self, of: StreamedList) -> None:
        self.of = of
        self.path = _keys(of.path)
        self.index = of.first
        self.awaited: list[Result] = []
        self.id: str | None = None


class Delivery:
    """The payloads of one operation.

    `begin` starts a walk; its argument is the number of parts that are already deferred. `settle` ends it: it returns
    its errors, or None if a result that it needs is not settled.
    """

    def __init__(
        self,
        begin: Callable[[int], tuple[Executor, WalkContext]],
        settle: Callable[[Executor, WalkContext], list[GraphQLError] | None],
        format_error: Format,
    ) -> None:
        self._begin = begin
        self._settle = settle
        self._format = format_error
        self._fragments: dict[Defer, dict[PathKeys, FragmentDelivery]] = {}
        self._parts: list[FieldsDelivery] = []
        self._streams: list[StreamDelivery] = []
        self._awaited: list[Result] = []
        self._last_id = self._left = 0
        self._payload: Payload = {}
        self._size = 0
        """The approximate bytes of the payload so far."""

    @property
    def has_next(self) -> bool:
        """True while the client waits for more payloads."""
        return any(stream.id for stream in self._streams) or any(f.state == "announced" for f in self._all())

    @in_large_frame
    def initial(self) -> Payload | None:
        """Return the first payload, or None while one of its results is not settled."""
        if not _are_settled(self._awaited):
            return None
        walk, context = self._begin(self._left)
        data = walk.root()
        errors = self._settle(walk, context)
        if errors is None:
            self._awaited = walk.awaited
            return None
        self._payload = {"errors": list(map(self._format, errors))} if errors else {}
        self._payload["data"] = data
        self._announce_streams(self._register(walk))
        return self._taken()

    @in_large_frame
    def next(self) -> Payload | None:
        """Return the next payload, or None while nothing new is ready. A long one ends after a fragment or an item."""
        progress = 1
        while progress and not self._is_long:
            progress = sum(map(self._run, list(self._parts)))
            progress += sum(map(self._complete, self._all()))
            progress += sum(map(self._advance, list(self._streams)))
        return self._taken() if self._payload else None

    @property
    def _is_long(self) -> bool:
        """True if the payload must be sent before anything is added: it is long, and the client can use it."""
        return self._size >= PAYLOAD_SIZE and bool(self._payload)

    def _taken(self) -> Payload:
        payload, self._payload, self._size = self._payload, {}, 0
        return payload | {"hasNext": True} if self.has_next else payload | {"hasNext": False}

    def _all(self) -> list[FragmentDelivery]:
        return [fragment for places in self._fragments.values() for fragment in places.values()]

    def _register(self, walk: Executor) -> "list[StreamDelivery]":
        """Register the parts that a walk deferred.

        Return its streams, to be announced with the data that contains their lists.
        """
        fresh: list[FragmentDelivery] = []
        streams: list[StreamDelivery] = []
        self._left += len(walk.later)
        for each in walk.later:
            match each:
                case DeferredFragment(defer, at):
                    fresh.append(self._add_fragment(defer, _keys(at)))
                case DeferredFields():
                    self._add_part(each, _keys(each.path))
                case StreamedList():
                    streams.append(StreamDelivery(each))
        self._streams += streams
        for fragment in fresh:
            if fragment.parent is None:
                self._announce(fragment)
        return streams

    def _add_fragment(self, defer: Defer, path: PathKeys) -> FragmentDelivery:
        parent = None if defer.parent is None else self._find(defer.parent, path)
        fragment = self._fragments.setdefault(defer, {})[path] = FragmentDelivery(defer.label, path, parent)
        if parent is not None:
            parent.children.append(fragment)
        return fragment

    def _add_part(self, of: DeferredFields, path: PathKeys) -> None:
        part = FieldsDelivery(of, path, [self._find(defer, path) for defer in of.defers])
        self._parts.append(part)
        for fragment in part.fragments:
            fragment.parts.append(part)
            fragment.open += 1

    def _find(self, defer: Defer, path: PathKeys) -> FragmentDelivery:
        """Return the deferred fragment that is nearest above a path."""
        places = self._fragments[defer]
        return next(places[path[:n]] for n in range(len(path), -1, -1) if path[:n] in places)

    def _announce(self, fragment: FragmentDelivery) -> None:
        """Announce a fragment, or the ones within it if the client already has its own fields."""
        if all(part.sent for part in fragment.parts):
            fragment.state = "done"
            for child in fragment.children:
                self._announce(child)
            return
        fragment.state = "announced"
        fragment.id = self._new_id(fragment.path, fragment.label)
        if fragment.errors:
            self._fail(fragment, fragment.errors)

    def _announce_streams(self, streams: "list[StreamDelivery]") -> None:
        for stream in streams:
            stream.id = self._new_id(stream.path, stream.of.label)

    def _new_id(self, path: PathKeys, label: str | None) -> str:
        new, self._last_id = str(self._last_id), self._last_id + 1
        announcement = {"id": new, "path": path} | ({} if label is None else {"label": label})
        self._payload.setdefault("pending", []).append(announcement)
        return new

    def _run(self, part: FieldsDelivery) -> bool:
        """Walk the fields of a part that the client waits for, if their results are settled."""
        if self._is_long:
            return False
        if not any(fragment.state == "announced" for fragment in part.fragments) or not _are_settled(part.awaited):
            return False
        walk, context = self._begin(self._left)
        failure = None
        try:
            part.data = walk.part(part.of)
        except GraphQLError as exc:
            failure = exc
        size = context.tally.output
        errors = self._settle(walk, context)
        if errors is None:
            part.awaited = walk.awaited
            return False
        self._size += size
        self._parts.remove(part)
        if failure is not None:
            for fragment in part.fragments:
                self._fail(fragment, [*errors, failure])
            return True
        part.errors = errors
        part.streams = self._register(walk)
        for fragment in part.fragments:
            fragment.open -= 1
        for fragment in part.fragments:  # immediately, so that a long payload ends with it
            self._complete(fragment)
        return True

    def _complete(self, fragment: FragmentDelivery) -> bool:
        """Send the data of a fragment once it is complete."""
        if fragment.state != "announced" or fragment.open:
            return False
        for part in fragment.parts:
            if not part.sent:
                part.sent = True
                self._send(part, fragment)
        fragment.state = "done"
        self._payload.setdefault("completed", []).append({"id": fragment.id})
        for child in fragment.children:
            self._announce(child)
        return True

    def _send(self, part: FieldsDelivery, completed: FragmentDelivery) -> None:
        announced = [completed, *(fragment for fragment in part.fragments if fragment.state == "announced")]
        nearest = max(announced, key=lambda fragment: len(fragment.path))  # the first of equals
        entry: Payload = {"id": nearest.id, "data": part.data}
        if part.path != nearest.path:
            entry["subPath"] = part.path[len(nearest.path) :]
        self._add(entry, part.errors)
        self._announce_streams(part.streams)

    def _fail(self, fragment: FragmentDelivery, errors: list[GraphQLError]) -> None:
        """Fail a fragment whose own place became null: the client gets no data of it, or of fragments within it."""
        if fragment.state == "announced":
            completed = {"id": fragment.id, "errors": list(map(self._format, errors))}
            self._payload.setdefault("completed", []).append(completed)
            fragment.state = "failed"
        elif fragment.state == "waiting":  # the failure is reported once the fragment is announced
            fragment.errors = errors

    def _advance(self, stream: StreamDelivery) -> bool:
        """Send the items of a list that are ready."""
        if stream.id is None or not _are_settled(stream.awaited):
            return False
        items: list[Any] = []
        errors: list[GraphQLError] = []
        inner: list[StreamDelivery] = []
        failed: list[GraphQLError] | None = None
        walk, context = self._begin(self._left)
        while stream.index < stream.of.length and not (self._is_long or (items and self._size >= PAYLOAD_SIZE)):
            item, failure = None, None
            try:
                item = stream.of.complete(walk, stream.index)
            except GraphQLError as exc:
                failure = exc
            size = context.tally.output
            item_errors = self._settle(walk, context)
            if item_errors is None:
                stream.awaited = walk.awaited
                break
            self._size += size
            if failure is not None:
                failed = [*item_errors, failure]
                break
            items.append(item)
            errors += item_errors
            inner += self._register(walk)
            stream.index += 1
            walk.next()
            context.errors.clear()
        if items:
            self._add({"id": stream.id, "items": items}, errors)
            self._announce_streams(inner)
        if failed is not None or stream.index == stream.of.length:
            completed: Payload = {"id": stream.id}
            if failed is not None:
                completed["errors"] = list(map(self._format, failed))
            self._payload.setdefault("completed", []).append(completed)
            self._streams.remove(stream)
        return bool(items) or failed is not None

    def _add(self, entry: Payload, errors: list[GraphQLError]) -> None:
        if errors:
            entry["errors"] = list(map(self._format, errors))
        self._payload.setdefault("incremental", []).append(entry)


def _are_settled(awaited: list[Result]) -> bool:
    """Return True if no awaited result is left; drop settled ones, so that none is checked again."""
    while awaited and awaited[-1].settled:
        awaited.pop()
    return not awaited


def _keys(path: Path | None) -> PathKeys:
    return () if path is None else tuple(path.as_list())
