"""Sources of types: OpenAPI documents, annotations of views, and samples of responses."""
