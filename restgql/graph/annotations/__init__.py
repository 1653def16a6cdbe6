"""The return annotations of views as SDL with directives."""

from restgql.graph.annotations.generate import Generated, Operation, Skipped, View, generate

__all__ = ["Generated", "Operation", "Skipped", "View", "generate"]
