"""The rules by which one document gets its names."""

import msgspec

from restgql.schema.sdl.names import Prefix
from restgql.schema.sdl.naming import Naming
from restgql.schema.sdl.reserved import Reserved


class Kit(msgspec.Struct, frozen=True):
    """The naming of members, the names that are taken, and the prefix of the document's types and root fields."""

    naming: Naming
    reserved: Reserved
    prefix: Prefix
