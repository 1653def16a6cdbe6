"""The schema, built when the app is set up."""
