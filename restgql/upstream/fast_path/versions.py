"""The versions of Flask and Werkzeug whose steps the fast path reproduces."""

import importlib.metadata

from restgql.log import logger

_INSTALLED = {name: importlib.metadata.version(name) for name in ("flask", "werkzeug")}

ARE_KNOWN = all(version.startswith(("3.0.", "3.1.")) for version in _INSTALLED.values())
"""True if the fast path was written for the installed versions."""

KEEPS_HOST = not _INSTALLED["flask"].startswith("3.0.")
"""True if a request context keeps the host from before any hook."""

_logged: list[bool] = []


def log_unknown() -> None:
    """Log once that the fast path is off."""
    if not _logged:
        _logged.append(True)
        versions = ", ".join(f"{name} {version}" for name, version in _INSTALLED.items())
        logger.info("Sub-requests take the full path through the app: the fast path does not support %s.", versions)
