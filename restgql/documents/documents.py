"""A document read, held to its limits, validated, and kept for the next request with the same text."""

import hashlib
from functools import lru_cache
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from restgql.config import Config
from restgql.documents.limits import DocumentLimits, check_document
from restgql.documents.rules import Rule
from restgql.documents.tokens import check_text
from restgql.errors import BadRequest, LimitExceeded
from restgql.model import GraphQLRequest

MAX_ERRORS = 5
CACHED_DOCUMENTS = 256


class InvalidRequest(BadRequest):
    """A request error of GraphQL (section Errors): no operation was run; `errors` say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that is ready to be planned. `variables` are coerced; `uploads` is whether some hold files;
    `conditional` is whether its document has @skip or @include, `incremental` @defer or @stream; `stored` whether the
    owner of the gateway wrote it."""

    document: DocumentNode
    node: OperationDefinitionNode
    variables: dict[str, Any]
    hash: str
    uploads: bool = False
    conditional: bool = False
    incremental: bool = False
    stored: bool = False

    @property
    def name(self) -> str:
        return self.node.name.value if self.node.name else ""

    @property
    def type(self) -> OperationType:
        return self.node.operation


class Documents:
    """The documents of one schema, valid by `rules`, the last ones kept."""

    def __init__(
        self,
        schema: GraphQLSchema,
        config: Config,
        rules: tuple[Rule, ...],
        *,
        suggestions: bool,
        stored: bool = False,
    ) -> None:
        self._schema = schema
        self._stored = stored
        self._limits = DocumentLimits.of(config)
        self._rules = rules
        self._suggestions = suggestions
        self._max_document = config.max_document
        self._max_tokens = config.max_tokens
        self._load = lru_cache(CACHED_DOCUMENTS)(self._read)

    def operation(self, params: GraphQLRequest) -> Operation:
        """The operation that is asked for. Raises LimitExceeded, BadRequest and InvalidRequest."""
        document, digest, directives = self._load(params.query)
        node = _choose(document, params.operation_name)
        _check_uploads(node, params.uploads)
        variables = get_variable_values(
            self._schema,
            node.variable_definitions or (),
            params.variables,
            max_errors=MAX_ERRORS,
            hide_suggestions=not self._suggestions,
        )
        if isinstance(variables, list):
            raise InvalidRequest(variables[:MAX_ERRORS])  # the last one only says that there are more
        return Operation(
            document=document,
            node=node,
            variables=variables,
            hash=digest,
            uploads=bool(params.uploads),
            conditional=not directives.isdisjoint(("skip", "include")),
            incremental=not directives.isdisjoint(("defer", "stream")),
            stored=self._stored,
        )

    def errors(self, text: str, document: DocumentNode, *, of_fragments: bool = False) -> list[GraphQLError]:
        """All that requests with a document would be refused for, whatever their variables, at its nodes; also of
        fragments that no operation is there for."""
        try:
            check_text(text, max_document=self._max_document, max_tokens=self._max_tokens)
            check_document(document, self._limits)
        except LimitExceeded as exc:
            return [GraphQLError(exc.message, document.definitions[0])]
        rules = [rule for rule in self._rules if not (of_fragments and rule is NoUnusedFragmentsRule)]
        return validate(self._schema, document, rules)

    def _read(self, text: str) -> tuple[DocumentNode, str, frozenset[str]]:
        try:
            check_text(text, max_document=self._max_document, max_tokens=self._max_tokens)
            document = parse(text)
            directives = check_document(document, self._limits)
            errors = validate(
                self._schema,
                document,
                self._rules,
                max_errors=MAX_ERRORS,
                hide_suggestions=not self._suggestions,
            )
        except GraphQLError as exc:
            raise InvalidRequest([exc]) from exc
        except RecursionError as exc:
            raise BadRequest("The document nests too deep.") from exc
        if errors:
            raise InvalidRequest(errors[:MAX_ERRORS])
        return document, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), directives


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """GetOperation() of the GraphQL specification, section Executing Requests. Raises InvalidRequest."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is None:
        if len(operations) == 1:
            return operations[0]
        raise _invalid(
            "The document has several operations: operationName says which."
            if operations
            else "The document has no operation."
        )
    for operation in operations:
        if operation.name and operation.name.value == name:
            return operation
    raise _invalid(f"The document has no operation named {name[:80]!r}.")


def _check_uploads(node: OperationDefinitionNode, uploads: frozenset[str]) -> None:
    """A variable that is not declared is ignored, and a file must not be lost. Raises InvalidRequest."""
    for name in uploads and sorted(uploads - {each.variable.name.value for each in node.variable_definitions}):
        raise _invalid(f"A file was sent for the variable {name[:80]!r}, and the operation declares none of that name.")


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest([GraphQLError(message)])
