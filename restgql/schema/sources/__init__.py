"""The sources of types: OpenAPI documents, annotations of views, samples of answers."""
