"""The rules by which one document gets its names."""

import msgspec

from restgql.schema.sdl.names import Prefix
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.reserved import ReservedNames


class NameRules(msgspec.Struct, frozen=True):
    """The naming of members, the names that are taken, and the prefix of the document's types and root fields."""

    naming: NamingConvention
    reserved: ReservedNames
    prefix: Prefix
