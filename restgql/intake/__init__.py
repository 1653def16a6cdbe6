"""HTTP requests in, params out; nothing here looks further than the request itself."""
