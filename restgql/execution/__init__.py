"""A plan and an upstream in, results out: the sub-requests of one operation, batched, scheduled and metered."""
