"""The schema, made when the app is set up."""
