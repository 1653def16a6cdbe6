"""The fast path into a plain Flask app: Flask's own steps, taken without those that have no effect on this request."""
