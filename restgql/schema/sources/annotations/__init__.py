"""The return annotations of views as SDL with directives."""

from restgql.schema.sources.annotations.from_views import AnnotatedView, generate

__all__ = ["AnnotatedView", "generate"]
