"""Rules for the GraphQL names of one document."""

import msgspec

from restgql.schema.sdl.names import Prefix
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.reserved import ReservedNames


class NameRules(msgspec.Struct, frozen=True):
    """The rules for one document: the naming convention, the reserved names, and a prefix.

    The prefix is for types and root fields.
    """

    naming: NamingConvention
    reserved: ReservedNames
    prefix: Prefix
