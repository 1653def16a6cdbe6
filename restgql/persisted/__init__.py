"""Persisted documents: a client names a document by an id rather than sending it."""
