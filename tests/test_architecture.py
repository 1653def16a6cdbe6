"""The layers: a module imports from its own room or from those above it in this table, and never in a circle."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "restgql"

# Each row may import from the rows above it; rooms of one row do not import each other.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"log", "syntax_hints", "unknown_keys", "view_functions"}),
    frozenset({"configured_path", "errors", "bounded_cache", "debug_log", "graphql_core", "large_frame"}),
    frozenset({"formats", "meter"}),
    frozenset({"bindings", "upstream_settings"}),
    frozenset({"app_document_settings"}),
    frozenset({"config"}),
    frozenset({"model", "options"}),
    frozenset({"sub_response", "profile", "graphiql"}),
    frozenset({"schema"}),
    frozenset({"documents"}),
    frozenset({"plan", "upstream"}),
    frozenset({"execution"}),
    frozenset({"cache", "respond", "operations"}),
    frozenset({"pipeline"}),
    frozenset({"api_documents", "locked_names", "open_routes"}),
    frozenset({"remote_apis", "app_documents", "document_warnings"}),
    frozenset({"configuration_checks", "sources", "startup_log"}),
    frozenset({"type_build"}),
    frozenset({"state"}),
    frozenset({"http"}),
    frozenset({"extension", "testing"}),
    frozenset({"__init__", "cli"}),
    frozenset({"__main__"}),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


# A new name needs a reason.
TOP = {"restgql", "schema", "tests", "app.py", "pyproject.toml", "README.md", "start.py", "docs", "benchmarks"}
TOP |= {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", "mkdocs.yml", "examples"}
MADE = {"instance", "dist", "site", "node_modules", "__pycache__", "restgql.egg-info"}


def test_the_top_level_holds_what_belongs_there() -> None:
    assert {path.name for path in PACKAGE.parent.iterdir() if path.name[0] != "."} - MADE == TOP


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


def imports(path: Path, known: set[str]) -> set[str]:
    """The modules of the package that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {inside(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {inside(f"{node.module}.{alias.name}") for alias in node.names} & known
            found |= submodules or {inside(node.module)}
    return found & known


def top_level_imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def inside(name: str) -> str:
    """A module's name within the package; the package itself, its door, is `__init__`."""
    return "__init__" if name == "restgql" else name.removeprefix("restgql.") if name.startswith("restgql.") else ""


@cache
def graph() -> dict[str, set[str]]:
    found = modules()
    return {name: imports(path, set(found)) - {name} for name, path in found.items()}


def room(module: str) -> str:
    return module.partition(".")[0]


def test_every_module_has_a_layer() -> None:
    assert {room(module) for module in modules()} <= set(LEVEL)


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_come_from_the_same_room_or_a_lower_layer(module: str) -> None:
    wrong = [
        imported
        for imported in graph()[module]
        if room(imported) != room(module) and LEVEL[room(imported)] >= LEVEL[room(module)]
    ]
    assert not wrong, f"{module} imports {wrong}"


def test_the_page_names_every_room() -> None:
    page = (PACKAGE.parent / "docs/architecture.md").read_text()
    rooms = {name for name in LEVEL if not name.startswith("__")}
    assert {name for name in rooms if f"`{name}/`" not in page and f"`{name}.py`" not in page} == set()


def test_there_is_no_import_cycle() -> None:
    try:
        list(TopologicalSorter(graph()).static_order())
    except CycleError as exc:
        pytest.fail(f"import cycle: {exc.args[1]}")


def test_no_node_of_a_document_is_changed() -> None:
    """graphql-core 3.3 freezes them: `graphql_core.changed` makes another node."""
    attributes = {"arguments", "definitions", "directives", "fields", "interfaces", "loc", "selection_set"}
    wrong = [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if node.attr in attributes or (node.attr == "name" and name.startswith("schema."))
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    ]
    assert wrong == []


def test_documents_are_parsed_by_the_one_parser() -> None:
    """That of graphql-core 3.3 has None for an absent part of a document."""
    wrong = [
        name
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "graphql"
        if {alias.name for alias in node.names} & {"Parser", "get_argument_values", "get_directive_values", "parse"}
    ]
    assert wrong == ["graphql_core"]


def test_flask_is_seen_only_where_it_is_asked_or_asks() -> None:
    seen = {room(module) for module, path in modules().items() if "flask" in top_level_imports(path)}
    assert seen == {"upstream", "sources", "app_documents", "state", "http", "extension", "cli"}
