"""Documents: parsed, limited, validated, and cached for the next request with the same text."""

from sys import getsizeof
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    OperationType,
    validate,
)

from restgql import graphql_core
from restgql.bounded_cache import WeightedCache
from restgql.config import Config
from restgql.debug_log import listed
from restgql.documents.cache_size import TOKEN_WEIGHT, cache_size
from restgql.documents.document import Document, hash_of
from restgql.documents.limits import DocumentLimits, check_document
from restgql.documents.rules import Rule
from restgql.documents.shape_cache import ShapeCache
from restgql.documents.tokens import check_text
from restgql.errors import BadRequest, LimitExceeded
from restgql.model import GraphQLRequest

MAX_ERRORS = 5
CACHED_DOCUMENTS = 512


class InvalidRequest(BadRequest):
    """A request error of GraphQL (section Errors): no operation was run; `errors` are the reasons."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Operation(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An operation of one request.

    `variables` are coerced; `has_uploads` is True if some of them hold files; `stored` if the owner of the gateway
    wrote the operation.
    """

    document: Document
    node: OperationDefinitionNode
    variables: dict[str, Any]
    has_uploads: bool = False
    stored: bool = False

    @property
    def name(self) -> str:
        return self.node.name.value if self.node.name else ""

    @property
    def type(self) -> OperationType:
        return self.node.operation

    @property
    def is_incremental(self) -> bool:
        """True if the document has @defer or @stream."""
        return not self.document.directives.names.isdisjoint(("defer", "stream"))

    @property
    def conditions(self) -> dict[str, Any]:
        """The variables that decide @skip, @include, @defer and @stream: Booleans, or null."""
        names = self.document.directives.conditions
        return {name: self.variables[name] for name in names if name in self.variables}


class Documents:
    """The documents of one schema, validated by `rules`; the recent ones are cached."""

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
        self._cached: WeightedCache[Document] = WeightedCache(CACHED_DOCUMENTS, cache_size(config))
        self._shapes = ShapeCache(schema, config)

    def operation(self, params: GraphQLRequest) -> Operation:
        """Return the operation of a request. Raises LimitExceeded, BadRequest and InvalidRequest."""
        return self._operation(self._document(params.query), params)

    def without_variables(self, text: str) -> Operation:
        """Return the only operation of a document, before any request has variables. Raises as `operation` does."""
        document = self._document(text)
        return Operation(document=document, node=_choose(document.node, None), variables={}, stored=self._stored)

    def _operation(self, document: Document, params: GraphQLRequest) -> Operation:
        node = _choose(document.node, params.operation_name)
        _check_uploads(node, params.uploads)
        variables = graphql_core.variable_values(
            self._schema,
            node.variable_definitions or (),
            params.variables,
            max_errors=MAX_ERRORS,
            hide_suggestions=not self._suggestions,
        )
        if isinstance(variables, list) and document.literals:
            return self._operation(self._read(params.query), params)  # parsed anew: its errors have their own locations
        if isinstance(variables, list):
            raise InvalidRequest(variables[:MAX_ERRORS])  # the last error only says that there are more
        return Operation(
            document=document,
            node=node,
            variables=variables | document.literals if document.literals else variables,
            has_uploads=bool(params.uploads),
            stored=self._stored,
        )

    def errors(self, text: str, document: DocumentNode, *, of_fragments: bool = False) -> list[GraphQLError]:
        """Return the errors that reject every request with a document, whatever its variables.

        `of_fragments` is True for a document that has only fragments.
        """
        try:
            check_text(text, max_document=self._max_document, max_tokens=self._max_tokens)
            check_document(document, self._limits)
        except LimitExceeded as exc:
            return [GraphQLError(exc.message, document.definitions[0])]
        rules = [rule for rule in self._rules if not (of_fragments and rule is NoUnusedFragmentsRule)]
        return validate(self._schema, document, rules)

    def _document(self, text: str) -> Document:
        document = self._cached.get(text)
        if document is None:
            document = self._shapes.document(text)
        if document is None:
            document = self._read(text)
            self._cached.put(text, document, document.weight)
            self._shapes.learn(text, document)
        return document

    def _read(self, text: str) -> Document:
        try:
            tokens = check_text(text, max_document=self._max_document, max_tokens=self._max_tokens)
            document = graphql_core.parse(text)
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
        hash = hash_of(text)
        return Document(
            node=document,
            hash=hash,
            plan_key=hash,
            directives=directives,
            weight=2 * getsizeof(text) + TOKEN_WEIGHT * tokens,  # the tree repeats all names and strings
        )


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation of a name: GetOperation() of the GraphQL specification. Raises InvalidRequest."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is None:
        if len(operations) == 1:
            return operations[0]
        raise _invalid(
            f"The document has several operations: choose one by operationName.{_names_of(operations)}"
            if operations
            else "The document has no operation."
        )
    for operation in operations:
        if operation.name and operation.name.value == name:
            return operation
    raise _invalid(f"The document has no operation named {name[:80]!r}.{_names_of(operations)}")


def _names_of(operations: list[OperationDefinitionNode]) -> str:
    names = [each.name.value for each in operations if each.name is not None]
    return f" It has {listed(names)}." if names else ""


def _check_uploads(node: OperationDefinitionNode, uploads: frozenset[str]) -> None:
    """Raise InvalidRequest for a file whose variable is not declared: execution would ignore it, and lose the file."""
    for name in uploads and sorted(uploads - {each.variable.name.value for each in node.variable_definitions}):
        raise _invalid(f"A file was sent for the variable {name[:80]!r}, which the operation does not declare.")


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest([GraphQLError(message)])
