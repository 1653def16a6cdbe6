"""The tests of httpbin, from its sdist."""

SDIST = "httpbin==0.10.4"
ARGUMENTS = ["tests"]
PASSED = 70
SENT = 380
LEFT_OUT: dict[str, str] = {}
