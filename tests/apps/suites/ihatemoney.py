"""The tests of I Hate Money, which are in its wheel: they hold a request context (pytest-flask)."""

ARGUMENTS = ["--pyargs", *(f"ihatemoney.tests.{module}" for module in ("api_test", "history_test"))]
PASSED = 25
SENT = 80
LEFT_OUT: dict[str, str] = {}
