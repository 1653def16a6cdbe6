"""The profiles: presets for the keys that restrict clients."""

from typing import Literal

import msgspec

from restgql.config import Config

GetMode = Literal["any", "persisted", "stored", "off"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A preset of keys. Each field but `name` is the key `RESTGQL_X`, which overrides it.

    `get` decides which operations GET runs: `any`; `persisted` documents and stored operations; `stored` operations
    under their names; or none (`off`).
    """

    name: Literal["open", "hardened"]
    introspection: bool
    suggestions: bool
    graphiql: bool
    routes_field: bool
    timings: bool | str
    get: GetMode


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
    """Return the configured profile, with the keys that override it; by default open in debug and hardened otherwise.

    The open profile has timings in debug only, because an answer with timings cannot be cached.
    """
    profile = PROFILES[config.profile or ("open" if debug else "hardened")]
    if debug and profile is OPEN:
        profile = msgspec.structs.replace(profile, timings=True)
    overrides = {name: getattr(config, name) for name in OVERRIDES if getattr(config, name) is not None}
    return msgspec.structs.replace(profile, **overrides)


def describe_profile(profile: Profile, config: Config) -> str:
    """Describe a profile in a line for the log: its name and reason, the disabled features, the key to change it."""
    why = "RESTGQL_PROFILE" if config.profile else "in debug" if profile.name == "open" else "not in debug"
    disabled = [_NAMES[name] for name in _NAMES if not getattr(profile, name)]
    parts = [f"The profile is {profile.name} ({why}): GET runs {_GETS[profile.get]}"]
    parts += [f"disabled: {', '.join(disabled)}"] if disabled else []
    other = "hardened" if profile.name == "open" else "open"
    useless = profile.graphiql and not profile.introspection
    hint = " GraphiQL shows no schema without introspection: set RESTGQL_INTROSPECTION." if useless else ""
    return f'{"; ".join(parts)}. To change that, set RESTGQL_PROFILE = "{other}" or the key of each feature.{hint}'


_NAMES = {
    "introspection": "introspection",
    "suggestions": "suggestions",
    "graphiql": "GraphiQL",
    "routes_field": "the field routes",
    "timings": "timings",
}
_GETS = {
    "any": "any query",
    "persisted": "stored and persisted queries only",
    "stored": "stored queries only",
    "off": "nothing",
}
