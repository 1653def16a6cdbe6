"""The binding of one field, from its directives, and the errors in them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    get_named_type,
    is_list_type,
)

from restgql import graphql_core
from restgql.bindings import BatchBinding, RequestBinding, SelectBinding
from restgql.errors import RestgqlError
from restgql.formats import headers, select, template
from restgql.formats.template import Template
from restgql.schema.directives import OF_A_CALL

SAFE = frozenset({"get"})
UPLOAD = "Upload"
_IDENTIFIERS = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*")
_QUOTED_NAME = re.compile(r'"([^"\\\x00-\x1f]+)"\Z')
_KEY = r'(?:[A-Za-z_]\w*|"[^"\\\x00-\x1f,]+")'
_FIRST_OF = re.compile(rf"not_null\(({_KEY}(?:, {_KEY})*)\)\Z", re.ASCII)

Directives = Mapping[str, GraphQLDirective]
Given = dict[str, Any]


class Wrong(Exception):
    """A directive on a field is invalid; the message needs the field's location."""


def binding(
    root: str | None, field: GraphQLField, node: FieldDefinitionNode, directives: Directives, name: str, *, opened: bool
) -> RequestBinding | SelectBinding:
    """Return the binding of a field; `root` is the operation if it is a root field, `name` its key in JSON.

    Raises Wrong.
    """
    if get_named_type(field.type).name == UPLOAD:
        raise Wrong(f"is an {UPLOAD}, which is for arguments.")
    if root is None and not node.directives:
        return SelectBinding(keys=(name,))
    calls = [directive for directive in node.directives if directive.name.value in OF_A_CALL]
    picks = [directive for directive in node.directives if directive.name.value == "select"]
    if len(calls) + len(picks) > 1:
        raise Wrong("takes one of @get, @post, @put, @patch, @delete and @select, not several.")
    if picks:
        if root is not None:
            raise Wrong("has @select, and a root field has no parent to select from; @get takes select:.")
        return _pick(given(directives["select"], picks[0]), opened=opened)
    if not calls:
        if root is not None:
            raise Wrong(f"is a {root} field and says no route: it takes {_offered(root)}.")
        return SelectBinding(keys=(name,))
    verb = calls[0].name.value
    if (root == "mutation") is (verb in SAFE):
        where = "a mutation" if root == "mutation" else "a query" if root else "a type"
        raise Wrong(f"has @{verb}, and a field of {where} takes {_offered(root)}.")
    said = given(directives[verb], calls[0])
    try:
        return _call(verb, said, field, is_root=root is not None, opened=opened)
    except RestgqlError as exc:
        raise Wrong(f"@{verb}: {exc.message}") from exc


def _offered(root: str | None) -> str:
    return "@post, @put, @patch or @delete" if root == "mutation" else "@get"


def given(directive: GraphQLDirective, node: DirectiveNode) -> Given:
    """Return the arguments of a directive. Raises Wrong."""
    try:
        return graphql_core.argument_values(directive, node, {})
    except GraphQLError as exc:
        raise Wrong(f"@{directive.name}: {exc.message}") from exc


def _pick(given: Given, *, opened: bool) -> SelectBinding:
    expression, header, status = given.get("from"), given.get("header"), bool(given.get("status"))
    entries = frozenset[str]() if given.get("entries") else None
    if status and (expression is not None or header is not None or entries is not None):
        raise Wrong("@select: status: true stands alone.")
    if expression is None:
        if header is None and not status and entries is None:
            raise Wrong("@select takes from:, header:, entries: true or status: true.")
        return SelectBinding(keys=(), header=header, status=status, entries=entries)
    return msgspec.structs.replace(selected(expression), header=header, entries=entries, is_written=opened)


def selected(expression: str) -> SelectBinding:
    """Return the binding of an expression over a JSON value. Raises Wrong if it is invalid."""
    return SelectBinding(keys=keys_of(expression), first_of=first_of(expression), select=checked(expression))


def first_of(expression: str) -> tuple[str, ...]:
    """Return the keys of `not_null(a, "b c")`; no keys for any other expression."""
    match = _FIRST_OF.match(expression)
    names = match[1].split(", ") if match else ()
    keys = [keys_of(name) or () for name in names]
    return tuple(key[0] for key in keys) if all(len(key) == 1 for key in keys) else ()


def keys_of(expression: str) -> tuple[str, ...] | None:
    """Return the keys through which an expression of names leads, `()` for `@`; None for any other expression."""
    if expression == "@":
        return ()
    if _IDENTIFIERS.match(expression):
        return tuple(expression.split("."))
    quoted = _QUOTED_NAME.match(expression)
    return (quoted[1],) if quoted else None


def checked(expression: str | None) -> str | None:
    """Return the expression. Raises Wrong if it is not valid JMESPath."""
    if expression is not None:
        try:
            select.check(expression)
        except RestgqlError as exc:
            raise Wrong(f"{expression[:80]!r} is no JMESPath: {exc.message}") from exc
    return expression


def _call(verb: str, given: Given, field: GraphQLField, *, is_root: bool, opened: bool) -> RequestBinding:
    path = template.compile_typed(given["path"])
    arguments = frozenset(field.args)
    if not given["path"].startswith(("/", "{+")):
        raise Wrong(f"@{verb}: the path {given['path'][:80]!r} begins with no slash.")
    called = tuple(_headers(verb, given))
    if is_root:
        for name in (*path.names, *(name for _, value in called for name in value.names)):
            if name.text.partition(".")[0] not in arguments:
                raise Wrong(
                    f"@{verb}: no argument fills {{{name.text}}} of {given['path']!r}{_meant(name.text, field)}."
                )
    if opened:  # generated headers are never in a place where they are not allowed
        _check_uploads(verb, given, field, path, called)
    nullable = not isinstance(field.type, GraphQLNonNull)
    many = is_list_type(field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type)
    seconds = given.get("timeout")
    if seconds is not None and seconds <= 0:
        raise Wrong(f"@{verb}: timeout takes seconds, more than 0.")
    return RequestBinding(
        method=verb.upper(),
        template=path,
        arguments=arguments,
        query=checked(given.get("query")),
        body=checked(given.get("body")),
        body_arguments=_left(given, path, called, field) if verb not in SAFE else {},
        encoding=given.get("encoding") or "JSON",
        select=checked(given.get("select")),
        headers=called,
        batch=_batch(given["batch"], arguments, called, is_root=is_root) if given.get("batch") else None,
        null_on=frozenset(given.get("nullOn") or ()) if nullable else frozenset(),
        timeout=seconds,
        forward=tuple(given.get("forward") or ()),
        is_list=many,
        opens_route=opened,
        passthrough=not many and get_named_type(field.type).name == "JSON",
    )


def _check_uploads(
    verb: str, given: Given, field: GraphQLField, path: Template, called: tuple[tuple[str, Template], ...]
) -> None:
    """Raise Wrong if an argument takes a file, and the request has no place for it."""
    elsewhere = _taken(given, path, called)
    encoding = given.get("encoding") or "JSON"
    for name, argument in field.args.items():
        if not _holds_file(argument.type):
            continue
        if verb in SAFE:
            raise Wrong(f"@{verb}: {name} is or holds an {UPLOAD}, and a GET request has no body to put it in.")
        if name in elsewhere:
            raise Wrong(f"@{verb}: {name} is or holds an {UPLOAD}, which goes nowhere but into the body.")
        is_whole = given.get("body") == name and str(argument.type).removesuffix("!") == UPLOAD
        if encoding != "MULTIPART" and not is_whole:
            raise Wrong(f"@{verb}: {name} is or holds an {UPLOAD}, and takes encoding: MULTIPART, not {encoding}.")


def _holds_file(of_type: GraphQLInputType) -> bool:
    open_types, seen = [get_named_type(of_type)], set()
    while open_types:
        named = open_types.pop()
        if isinstance(named, GraphQLInputObjectType) and named.name not in seen:
            open_types += [get_named_type(field.type) for field in named.fields.values()]
        seen.add(named.name)
    return UPLOAD in seen


def _taken(given: Given, path: Template, called: tuple[tuple[str, Template], ...]) -> set[str]:
    """Return the arguments that the path, the query or a header uses."""
    names = (*path.names, *(name for _, value in called for name in value.names))
    return {name.text.partition(".")[0] for name in names} | set(_NAME.findall(given.get("query") or ""))


def _left(
    given: Given, path: Template, called: tuple[tuple[str, Template], ...], field: GraphQLField
) -> dict[str, str]:
    """Return the arguments that the path, the query and the headers do not use, each with its key in the body."""
    taken = _taken(given, path, called)
    return {name: name for name in field.args if name not in taken}


def _meant(name: str, field: GraphQLField) -> str:
    return f"; the arguments are {', '.join(field.args)}" if field.args else "; the field has no argument"


def _headers(verb: str, given: Given) -> Iterator[tuple[str, Template]]:
    for header in given.get("headers") or ():
        if headers.never_set(header["name"]):
            raise Wrong(f"@{verb}: the header {header['name']} can never be set by a field.")
        headers.well_formed([(header["name"], "")])
        yield header["name"].lower(), template.compile(header["value"])


def _batch(
    given: Given, arguments: frozenset[str], called: tuple[tuple[str, Template], ...], *, is_root: bool
) -> BatchBinding:
    if is_root:
        raise Wrong("batch: a root field has no parents to batch.")
    for header, value in called:
        for name in value.names:
            if name.text.partition(".")[0] not in arguments:
                raise Wrong(f"batch: the header {header} takes {{{name.text}}} of one parent, and a batch is for many.")
    path, by, key = template.compile(given["path"]), tuple(given["by"]), tuple(given["key"])
    if len(by) != len(key) or not by:
        raise Wrong(f"batch: by has {len(by)} keys and key {len(key)}; they are matched pairwise.")
    if given.get("size") is not None and given["size"] < 1:
        raise Wrong("batch: size takes 1 or more.")
    free = [name.text for name in path.names if name.text not in arguments]
    if len(key) == 1 and len(free) == 1:
        carries: tuple[str, ...] = (free[0],)
    elif sorted(free) == sorted(key):
        carries = key
    else:
        raise Wrong(
            f"batch: the variables of {given['path']!r} carry the keys, and are named as they: {', '.join(key)}."
        )
    return BatchBinding(
        template=path,
        by=by,
        key=key,
        carries=carries,
        select=checked(given.get("select")),
        size=given.get("size") or 50,
    )
