"""The context that every walk over the parts of one answer shares."""

import msgspec
from graphql import GraphQLObjectType

from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import GroupKey, SelectedField, SelectionSet, Variables
from restgql.execution.field_errors import Locations


class AnswerContext(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The selections and variables of an answer.

    `at_once` caches selection sets of fields that are no longer deferred, `locations` those of fields in the document.
    """

    selections: Selections
    variables: Variables
    root_type: GraphQLObjectType
    at_once: dict[tuple[GraphQLObjectType, GroupKey], SelectionSet]
    locations: Locations

    def below(self, field: SelectedField, of_type: GraphQLObjectType) -> SelectionSet:
        """Return the fields that a field selects on an object type."""
        key = of_type, field.group.key
        selection_set = self.at_once.get(key)
        if selection_set is None:
            selection_set = self.at_once[key] = self.selections.below(field.group, of_type)
        return selection_set
