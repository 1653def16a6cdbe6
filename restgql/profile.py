"""The profiles: what the gateway opens to clients where the keys for it are not set."""

from typing import Literal

import msgspec

from restgql.config import Config

Get = Literal["any", "persisted", "stored", "off"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is open. Each field but `name` is the key `RESTGQL_X`, which overrides it.

    `get` is which operations GET runs: `any`, those that are `stored` or `persisted`, those `stored` under a name of
    their own, or none (`off`).
    """

    name: Literal["open", "hardened"]
    introspection: bool
    suggestions: bool
    graphiql: bool
    routes_field: bool
    timings: bool | str
    get: Get


OPEN = Profile(
    name="open", introspection=True, suggestions=True, graphiql=True, routes_field=True, timings=False, get="any"
)
HARDENED = Profile(
    name="hardened",
    introspection=False,
    suggestions=False,
    graphiql=False,
    routes_field=False,
    timings=False,
    get="persisted",
)
PROFILES = {profile.name: profile for profile in (OPEN, HARDENED)}
OVERRIDES = tuple(name for name in Profile.__struct_fields__ if name != "name")


def profile_of(config: Config, *, debug: bool) -> Profile:
    """The profile that is configured, else open in debug and hardened otherwise, with what overrides it.

    An answer with timings in it is not cacheable, so that open gives them in debug only.
    """
    profile = PROFILES[config.profile or ("open" if debug else "hardened")]
    if debug and profile is OPEN:
        profile = msgspec.structs.replace(profile, timings=True)
    given = {name: getattr(config, name) for name in OVERRIDES if getattr(config, name) is not None}
    return msgspec.structs.replace(profile, **given)


def described(profile: Profile, config: Config) -> str:
    """A line for the log: which profile it is, by what, what it closes, and how to change it."""
    why = "RESTGQL_PROFILE" if config.profile else "in debug" if profile.name == "open" else "not in debug"
    closed = [_NAMES[name] for name in _NAMES if not getattr(profile, name)]
    parts = [f"The profile is {profile.name} ({why}): GET runs {_GETS[profile.get]}"]
    parts += [f"there is no {', '.join(closed)}"] if closed else []
    other = "hardened" if profile.name == "open" else "open"
    useless = profile.graphiql and not profile.introspection
    hint = " GraphiQL shows no schema without introspection: set RESTGQL_INTROSPECTION." if useless else ""
    return f'{"; ".join(parts)}. RESTGQL_PROFILE = "{other}" changes it, or a key of its own for each.{hint}'


_NAMES = {
    "introspection": "introspection",
    "suggestions": "suggestions",
    "graphiql": "GraphiQL",
    "routes_field": "field routes",
    "timings": "timings",
}
_GETS = {
    "any": "any query",
    "persisted": "stored and persisted queries only",
    "stored": "stored queries only",
    "off": "nothing",
}
