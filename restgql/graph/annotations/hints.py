"""Annotations as the types they stand for: strings are evaluated, and type variables replaced by what they are here."""

import inspect
import sys
from collections.abc import Callable, Mapping
from types import get_original_bases as _original_bases  # type: ignore[attr-defined,unused-ignore]
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

Bound = dict[Any, Any]
