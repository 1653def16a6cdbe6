"""Replies in, the answer out; nothing here asks for anything more."""
