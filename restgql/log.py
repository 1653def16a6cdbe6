"""The logger of the package, for all messages to the operator."""

import logging

logger = logging.getLogger("restgql")
