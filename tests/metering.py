"""Meters for tests that call one stage alone."""

import math

from restgql.meter import Limits, Meter


def limits(**named: int) -> Limits:
    """Limits that no test reaches, but those that are named."""
    return Limits(**{name: named.get(name, 10_000_000) for name in Limits.__struct_fields__})


def meter(deadline: float = math.inf, **named: int) -> Meter:
    return Meter(limits(**named), deadline)
