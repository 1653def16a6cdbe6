"""Generates SDL with directives from the annotations of Flask views."""

from restgql.schema.sources.annotations.from_views import AnnotatedView, generate

__all__ = ["AnnotatedView", "generate"]
