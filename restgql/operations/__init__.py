"""Stored operations: the documents of a folder, their parameters, and what is told of them in OpenAPI."""
