"""The tests of Flask-Admin, which are in its wheel; `sqla/test_basic.py` takes most of a minute."""

MODULES = ("test_base", "test_babel", "test_csp", "test_form_upload", "test_host_matching", "test_model")
SQLA = ("test_form_rules", "test_inlineform", "test_multi_pk", "test_translation")
PACKAGE = "flask_admin.tests"
ARGUMENTS = [
    "--pyargs",
    *(f"{PACKAGE}.{module}" for module in MODULES),
    *(f"{PACKAGE}.sqla.{module}" for module in SQLA),
]
PASSED = 100
SENT = 140
# The rules of a gateway have no host, and an app with host_matching serves such a rule on no host.
LEFT_OUT = {
    f"tests/test_host_matching.py::{test}[{using}]": "host matching"
    for test in ("test_mounting_on_host", "test_mounting_on_wildcard_host")
    for using in ("True", "False")
}
