"""What the specifications define, as pure functions: targets, templates, JSON, headers, cookies, codings."""
