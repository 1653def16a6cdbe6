"""The HTTP edge: rules on a blueprint, Flask's request in, Flask's response out."""
