"""The return annotations of views as SDL with directives."""

from restgql.schema.sources.annotations.generate import Generated, View, generate

__all__ = ["Generated", "View", "generate"]
