"""The lines that a gateway logs once: its profile, the routes that clients reach, and a server with a single thread."""

import logging

from restgql.config import Config
from restgql.log import logger
from restgql.profile import Profile, describe_profile
from restgql.upstream.routes import Routes


class StartupLog:
    """The log of one gateway on one app. Debug may be switched on after the gateway is made."""

    def __init__(self, config: Config, routes: Routes) -> None:
        self._config = config
        self._routes = routes
        self._logged_profile: Profile | None = None
        self._logged_reach = config.routes is not None
        self._logged_threads = False

    def profile(self, profile: Profile, *, debug: bool, is_serving: bool) -> None:
        """Log the active profile: INFO at startup, or WARNING once it serves if it was not configured; again after
        debug was switched on."""
        is_warning = self._config.profile is None and not debug
        if profile != self._logged_profile and (is_serving or not is_warning):
            self._logged_profile = profile
            logger.log(logging.WARNING if is_warning else logging.INFO, "%s", describe_profile(profile, self._config))

    def reach(self, *, debug: bool) -> None:
        """Log the number of reachable routes, if RESTGQL_ROUTES is not set and the app is not in debug."""
        if self._logged_reach:
            return
        self._logged_reach = True
        if not debug:
            logger.warning(
                "RESTGQL_ROUTES is not set: clients can request the app's routes through the gateway, %d in all. A "
                "proxy's rules by path (deny, rate limits) do not see these requests. Set RESTGQL_ROUTES to choose the "
                "routes.",
                sum(1 for _ in self._routes),
            )

    def single_thread(self) -> None:
        """Log that sub-requests run one after the other, because the server promises the app a single thread."""
        if self._logged_threads:
            return
        self._logged_threads = True
        logger.warning(
            "The server promises one thread (wsgi.multithread is false): sub-requests run one after the other in it. "
            "They run at once under gunicorn -k gthread, or with RESTGQL_SEQUENTIAL = False."
        )
