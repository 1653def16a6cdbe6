"""The binding of one field, from its directives, and the errors in them."""

import re
from collections.abc import Iterator, Mapping

import msgspec
from graphql import (
    FieldDefinitionNode,
    GraphQLDirective,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    get_named_type,
    is_list_type,
)

from restgql.bindings import BatchBinding, RequestBinding, SelectBinding
from restgql.errors import RestgqlError
from restgql.formats import headers, select, template
from restgql.formats.body import JSON_TYPE
from restgql.formats.media import FORMS, essence, is_json, is_type
from restgql.formats.template import Template
from restgql.schema.directive_arguments import DirectiveArguments, DirectiveError, directive_arguments
from restgql.schema.directives import OF_A_CALL

SAFE = frozenset({"get"})
UPLOAD = "Upload"
_IDENTIFIERS = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z", re.ASCII)
_PLACEHOLDER = re.compile(r"\$\{?(\w+)\}?|<(?:\w+:)?(\w+)>|/:(\w+)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_QUOTED_NAME = re.compile(r'"([^"\\\x00-\x1f]+)"\Z')
_KEY = r'(?:[A-Za-z_]\w*|"[^"\\\x00-\x1f,]+")'
_FIRST_OF = re.compile(rf"not_null\(({_KEY}(?:, {_KEY})*)\)\Z", re.ASCII)

DirectiveDefinitions = Mapping[str, GraphQLDirective]


def binding(
    root: str | None,
    field: GraphQLField,
    node: FieldDefinitionNode,
    directives: DirectiveDefinitions,
    name: str,
    *,
    handwritten: bool,
) -> RequestBinding | SelectBinding:
    """Return the binding of a field; `root` is the operation if it is a root field, `name` its key in JSON.

    Raises DirectiveError.
    """
    if get_named_type(field.type).name == UPLOAD:
        raise DirectiveError(f"is an {UPLOAD}, which is for arguments.")
    if root is None and not node.directives:
        return SelectBinding(keys=(name,))
    requests = [directive for directive in node.directives if directive.name.value in OF_A_CALL]
    selects = [directive for directive in node.directives if directive.name.value == "select"]
    if len(requests) + len(selects) > 1:
        raise DirectiveError("takes one of @get, @post, @put, @patch, @delete and @select, not several.")
    if selects:
        if root is not None:
            raise DirectiveError("has @select, and a root field has no parent to select from; @get takes select:.")
        return _select_binding(directive_arguments(directives["select"], selects[0]), handwritten=handwritten)
    if not requests:
        if root is not None:
            raise DirectiveError(f"is a {root} field without a route: it takes {_accepted_directives(root)}.")
        return SelectBinding(keys=(name,))
    verb = requests[0].name.value
    if (root == "mutation") is (verb in SAFE):
        where = "a mutation" if root == "mutation" else "a query" if root else "a type"
        raise DirectiveError(f"has @{verb}, and a field of {where} takes {_accepted_directives(root)}.")
    arguments = directive_arguments(directives[verb], requests[0])
    try:
        return _request_binding(verb, arguments, field, is_root=root is not None, handwritten=handwritten)
    except RestgqlError as exc:
        raise DirectiveError(f"@{verb}: {exc.message}") from exc


def _accepted_directives(root: str | None) -> str:
    return "@post, @put, @patch or @delete" if root == "mutation" else "@get"


def _select_binding(arguments: DirectiveArguments, *, handwritten: bool) -> SelectBinding:
    expression, header, status = arguments.get("from"), arguments.get("header"), bool(arguments.get("status"))
    entries = frozenset[str]() if arguments.get("entries") else None
    if status and (expression is not None or header is not None or entries is not None):
        raise DirectiveError("@select: status: true excludes the other arguments.")
    if expression is None:
        if header is None and not status and entries is None:
            raise DirectiveError("@select takes from:, header:, entries: true or status: true.")
        return SelectBinding(keys=(), header=header, status=status, entries=entries)
    return msgspec.structs.replace(selected(expression), header=header, entries=entries, is_handwritten=handwritten)


def selected(expression: str) -> SelectBinding:
    """Return the binding of an expression over a JSON value. Raises DirectiveError if it is invalid."""
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
    """Return the expression. Raises DirectiveError if it is not valid JMESPath."""
    if expression is not None:
        try:
            select.check(expression)
        except RestgqlError as exc:
            raise DirectiveError(f"{expression[:80]!r} is not valid JMESPath: {exc.message}") from exc
    return expression


def _objects(field: GraphQLField) -> set[str]:
    """Return the names of the arguments whose values are objects."""
    types = {name: argument.type for name, argument in field.args.items()}
    plain = {name: each.of_type if isinstance(each, GraphQLNonNull) else each for name, each in types.items()}
    return {name for name, of_type in plain.items() if isinstance(of_type, GraphQLInputObjectType)}


def _request_binding(
    verb: str, arguments: DirectiveArguments, field: GraphQLField, *, is_root: bool, handwritten: bool
) -> RequestBinding:
    path = template.compile_typed(arguments["path"], _objects(field))
    argument_names = frozenset(field.args)
    if not arguments["path"].startswith(("/", "{+")):
        raise DirectiveError(f"@{verb}: the path {arguments['path'][:80]!r} begins with no slash.")
    other = next((each for each in _PLACEHOLDER.finditer(arguments["path"]) if argument_names & {*each.groups()}), None)
    if other is not None and handwritten:
        name = next(filter(None, other.groups()))
        raise DirectiveError(f"@{verb}: the argument {name} is not filled into {other[0]!r}: write {{{name}}}.")
    header_fields = tuple(_headers(verb, arguments))
    if is_root:
        for name in (*path.names, *(name for _, value in header_fields for name in value.names)):
            if name.text.partition(".")[0] not in argument_names:
                raise DirectiveError(
                    f"@{verb}: no argument fills {{{name.text}}} of {arguments['path']!r}{_hint(name.text, field)}."
                )
    if handwritten:  # generated headers are never in a place where they are not allowed
        _check_uploads(verb, arguments, field, path, header_fields)
    nullable = not isinstance(field.type, GraphQLNonNull)
    is_list = is_list_type(field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type)
    seconds = arguments.get("timeout")
    if seconds is not None and seconds <= 0:
        raise DirectiveError(f"@{verb}: timeout takes seconds, more than 0.")
    return RequestBinding(
        method=verb.upper(),
        template=path,
        arguments=argument_names,
        query=checked(arguments.get("query")),
        body=checked(arguments.get("body")),
        body_arguments=_body_arguments(arguments, path, header_fields, field) if verb not in SAFE else {},
        encoding=arguments.get("encoding") or "JSON",
        media_type=_media_type(verb, arguments),
        select=checked(arguments.get("select")),
        headers=header_fields,
        batch=_batch_binding(arguments["batch"], argument_names, header_fields, is_root=is_root)
        if arguments.get("batch")
        else None,
        null_on=frozenset(arguments.get("nullOn") or ()) if nullable else frozenset(),
        timeout=seconds,
        forward=tuple(arguments.get("forward") or ()),
        is_list=is_list,
        opens_route=handwritten,
        passthrough=not is_list and get_named_type(field.type).name == "JSON",
    )


def _media_type(verb: str, arguments: DirectiveArguments) -> str:
    """Return the media type of a body of JSON, or of one that is a text. Raises DirectiveError."""
    media_type = arguments.get("mediaType")
    if media_type is None:
        return JSON_TYPE
    if arguments.get("encoding") not in (None, "JSON"):
        raise DirectiveError(f"@{verb}: mediaType is for encoding: JSON, not {arguments['encoding']}.")
    kind = essence(media_type)
    if not is_type(kind) or not headers.is_value(media_type):
        raise DirectiveError(f"@{verb}: mediaType {media_type[:80]!r} is not a media type.")
    if kind in FORMS:
        raise DirectiveError(f"@{verb}: a body of {kind} is written by encoding: {FORMS[kind]}, without mediaType.")
    if not is_json(kind) and arguments.get("body") is None:
        raise DirectiveError(f"@{verb}: mediaType {kind!r} needs body:, an expression that makes the text to send.")
    return str(media_type)


def _check_uploads(
    verb: str,
    arguments: DirectiveArguments,
    field: GraphQLField,
    path: Template,
    header_fields: tuple[tuple[str, Template], ...],
) -> None:
    """Raise DirectiveError if an argument takes a file, and the request has no place for it."""
    elsewhere = _used_arguments(arguments, path, header_fields)
    encoding = arguments.get("encoding") or "JSON"
    for name, argument in field.args.items():
        if not _holds_file(argument.type):
            continue
        if verb in SAFE:
            raise DirectiveError(
                f"@{verb}: {name} is or holds an {UPLOAD}, and a GET request has no body to put it in."
            )
        if name in elsewhere:
            raise DirectiveError(f"@{verb}: {name} is or holds an {UPLOAD}, which is only allowed in the body.")
        is_whole = arguments.get("body") == name and str(argument.type).removesuffix("!") == UPLOAD
        if encoding != "MULTIPART" and not is_whole:
            raise DirectiveError(
                f"@{verb}: {name} is or holds an {UPLOAD}, and takes encoding: MULTIPART, not {encoding}."
            )


def _holds_file(of_type: GraphQLInputType) -> bool:
    open_types, seen = [get_named_type(of_type)], set()
    while open_types:
        named = open_types.pop()
        if isinstance(named, GraphQLInputObjectType) and named.name not in seen:
            open_types += [get_named_type(field.type) for field in named.fields.values()]
        seen.add(named.name)
    return UPLOAD in seen


def _used_arguments(
    arguments: DirectiveArguments, path: Template, header_fields: tuple[tuple[str, Template], ...]
) -> set[str]:
    """Return the arguments that the path, the query or a header uses."""
    names = (*path.names, *(name for _, value in header_fields for name in value.names))
    return {name.text.partition(".")[0] for name in names} | set(_NAME.findall(arguments.get("query") or ""))


def _body_arguments(
    arguments: DirectiveArguments, path: Template, header_fields: tuple[tuple[str, Template], ...], field: GraphQLField
) -> dict[str, str]:
    """Return the arguments that the path, the query and the headers do not use, each with its key in the body."""
    taken = _used_arguments(arguments, path, header_fields)
    return {name: name for name in field.args if name not in taken}


def _hint(name: str, field: GraphQLField) -> str:
    return f"; the arguments are {', '.join(field.args)}" if field.args else "; the field has no argument"


def _headers(verb: str, arguments: DirectiveArguments) -> Iterator[tuple[str, Template]]:
    for header in arguments.get("headers") or ():
        if headers.never_set(header["name"]):
            raise DirectiveError(f"@{verb}: the header {header['name']} can never be set by a field.")
        headers.well_formed([(header["name"], "")])
        yield header["name"].lower(), template.compile(header["value"])


def _batch_binding(
    arguments: DirectiveArguments,
    argument_names: frozenset[str],
    header_fields: tuple[tuple[str, Template], ...],
    *,
    is_root: bool,
) -> BatchBinding:
    if is_root:
        raise DirectiveError("batch: a root field has no parents to batch.")
    for header, value in header_fields:
        for name in value.names:
            if name.text.partition(".")[0] not in argument_names:
                raise DirectiveError(
                    f"batch: the header {header} takes {{{name.text}}} of one parent, and a batch is for many."
                )
    path, by, key = template.compile(arguments["path"]), tuple(arguments["by"]), tuple(arguments["key"])
    if len(by) != len(key) or not by:
        raise DirectiveError(f"batch: by has {len(by)} keys and key {len(key)}; they are matched pairwise.")
    if arguments.get("size") is not None and arguments["size"] < 1:
        raise DirectiveError("batch: size takes 1 or more.")
    free = [name.text for name in path.names if name.text not in argument_names]
    if len(key) == 1 and len(free) == 1:
        carries: tuple[str, ...] = (free[0],)
    elif sorted(free) == sorted(key):
        carries = key
    else:
        raise DirectiveError(
            f"batch: {arguments['path']!r} has no place for the values of key: {', '.join(key)}. "
            f"Write a template of them, such as '/users{{?{','.join(f'{name}*' for name in key)}}}'."
        )
    single = next((name.text for name in path.names if name.text in carries and not name.takes_list), None)
    if single is not None:
        raise DirectiveError(
            f"batch: {{{single}}} of {arguments['path']!r} takes one key: write {{?{single}*}} for many."
        )
    return BatchBinding(
        template=path,
        by=by,
        key=key,
        carries=carries,
        select=checked(arguments.get("select")),
        size=arguments.get("size") or 50,
    )
