"""Params in, plan out: the document checked, and its sub-requests collected, before anything is dispatched."""
