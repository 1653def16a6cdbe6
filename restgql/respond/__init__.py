"""Replies in, the answer out; nothing here makes a request."""
