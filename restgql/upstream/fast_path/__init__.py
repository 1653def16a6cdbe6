"""The fast path into a plain Flask app: Flask's own steps, without those that have no effect on this request."""
