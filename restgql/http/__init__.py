"""The HTTP edge: one module an endpoint, from an HttpRequest to an HttpResponse."""
