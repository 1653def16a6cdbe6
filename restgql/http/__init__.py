"""The HTTP edge: one module per endpoint, from an HttpRequest to an HttpResponse."""
