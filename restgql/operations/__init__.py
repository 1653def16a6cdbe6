"""Stored operations: the documents of a folder, their parameters, and their OpenAPI document."""
