"""Params in, plan out: the document is validated, and its sub-requests are collected, before any is made."""
