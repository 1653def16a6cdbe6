"""The version of an app's rules, which tells whether what was derived from them still holds."""

from typing import Any

from flask import Flask
from werkzeug.routing import Map, RuleFactory


class _Add:
    """`Map.add` of one map, which also makes a new version.

    Counting the rules would take time for each of them, at each operation.
    """

    def __init__(self, url_map: Map) -> None:
        self._add = url_map.add
        self.version = object()

    def __call__(self, rulefactory: RuleFactory) -> None:
        try:
            self._add(rulefactory)
        finally:  # some of its rules may have been added
            self.version = object()


def rules_version(app: Flask) -> object:
    """Return an object that is another one after rules were added, or after the app got another map.

    Flask and Werkzeug only ever add rules to a map.
    """
    attributes: dict[str, Any] = vars(app.url_map)
    add = attributes.get("add")
    if type(add) is not _Add:
        add = attributes["add"] = _Add(app.url_map)
    return add.version
