"""The formats of specifications, as pure functions: targets, templates, JSON, headers, cookies, codings."""
