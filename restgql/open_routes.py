"""The routes of the app for which operations of an OpenAPI document may have fields."""

from collections.abc import Iterable, Sequence

from restgql.schema.coverage import is_near, normalize_template
from restgql.schema.sdl.clashes import ROOTS
from restgql.schema.sdl.route_fields import Endpoint
from restgql.schema.sources.openapi.document_problem import DocumentProblem, Excluded
from restgql.schema.type_source import TypeSource
from restgql.upstream.routes import Routes

RouteShapes = frozenset[tuple[str, str]]


class OpenRoutes:
    """The exposed routes, without those that are `taken` by a field of an earlier source."""

    def __init__(self, routes: Routes, taken: RouteShapes) -> None:
        self._open: dict[tuple[str, str], str] = {}
        self._methods: dict[str, frozenset[str]] = {}
        for route in routes.reachable():
            self._methods[route.endpoint] = self._methods.get(route.endpoint, frozenset()).union(route.methods)
            for method in route.methods:
                self._open.setdefault((method, normalize_template(route.path)), route.endpoint)
        self._all = {(method, normalize_template(path)): path for method, path in routes.everything()}
        self._taken = taken

    def allows(self, method: str, path: str) -> bool:
        """Return True if a method and a path may have a field."""
        place = method, normalize_template(path)
        return place in self._open and place not in self._taken

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return the endpoint that answers a method and a path, with all methods that it answers."""
        name = self._open.get((method, normalize_template(path)))
        return None if name is None else Endpoint(path=path, name=name, methods=tuple(sorted(self._methods[name])))

    def explain(self, method: str, paths: Sequence[str]) -> DocumentProblem:
        """Return the reason why none of an operation's possible paths is allowed."""
        shapes = [normalize_template(path) for path in paths]
        if any((method, shape) in self._taken for shape in shapes):
            return Excluded("a field in schema=, or of an earlier document, asks for it")
        if any((method, shape) in self._all for shape in shapes):
            return Excluded("its route is not exposed: RESTGQL_ROUTES or restgql.hide excludes it")
        for shape in shapes:
            methods = sorted(other for other, route in self._all if route == shape and other not in ("HEAD", "OPTIONS"))
            if methods:
                return DocumentProblem(f"the route {self._all[methods[0], shape]} answers {', '.join(methods)} only")
        where = f"the app has no route for {' or '.join(dict.fromkeys(path.rstrip('/') or '/' for path in paths))}"
        near = sorted(
            path
            for (other, shape), path in self._all.items()
            if other == method and any(is_near(shape, each) for each in shapes)
        )
        return DocumentProblem(f"{where}; it has {near[0]}, below another base path" if near else where)


def routes_with_root_field(definitions: Iterable[TypeSource]) -> RouteShapes:
    """Return the routes that have a root field, by the directives of these documents. A join takes no route."""
    return frozenset(
        (directive.name.value.upper(), normalize_template(argument.value.value))
        for source in definitions
        for definition in source.document.definitions
        for field in getattr(definition, "fields", None) or ()
        if definition.name.value in ROOTS  # type: ignore[attr-defined]
        for directive in field.directives
        for argument in directive.arguments
        if argument.name.value == "path" and hasattr(argument.value, "value")
    )
