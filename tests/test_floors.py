"""The suite passes with the lowest versions that pyproject.toml permits, with Flask 2.3, and with graphql-core 3.3."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.environments import SECONDS, Environment

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

FLASK_2_3 = {"flask": "2.3.3", "werkzeug": "2.3.8", "requests": "2.31.0", "urllib3": "2.0.2"}
TOOLS = (
    "pytest",
    "hypothesis",
    "asgiref",
    "blinker",
    "cachelib",
    "flask-session>=0.8",
    "flask-sqlalchemy",
    "flask-wtf",
    "peewee",
)

SUITE = (
    "tests/equality/test_contexts.py",
    "tests/equality/test_failures.py",
    "tests/equality/test_fields.py",
    "tests/equality/test_refused.py",
    "tests/equality/test_routes.py",
    "tests/equality/test_sessions.py",
    "tests/upstream/test_environ.py",
    "tests/upstream/test_http_client.py",
    "tests/upstream/remote",
    "tests/respond/test_rules.py",
    "tests/http/test_caching.py",
    "tests/http/test_uploads.py",
    "tests/aggregate/test_forms.py",
    "tests/plan/test_projections.py",
    "tests/schema/test_user_types.py",
    "tests/test_shapes.py",
    "tests/test_config.py",
    "tests/test_extension.py",
)

# With Flask 2.3, the packages that these depend on have their lowest versions too, or nearly.
OF_OTHER_PACKAGES = {
    "tests/upstream/test_http_client.py",
    "tests/upstream/remote",
    "tests/respond/test_rules.py",
    "tests/plan/test_projections.py",
    "tests/schema/test_user_types.py",
    "tests/aggregate/test_forms.py",
    "tests/http/test_uploads.py",
    "tests/test_shapes.py",
}
SUITE_2_3 = tuple(path for path in SUITE if path not in OF_OTHER_PACKAGES)

_LOCATION = "tests/equality/test_failures.py::test_b8_a_failure_leaves_the_nine_others_intact"
_TRUSTED = "tests/test_extension.py::test_outside_of_a_request_the_host_is_one_that_the_app_trusts"

# By the start of a test's id: the reason that it cannot pass with an older Flask or Werkzeug.
NEWER = {
    _TRUSTED: "TRUSTED_HOSTS came with Flask 3.1",
    f"{_LOCATION}[handled-/crash/location]": "Werkzeug sends a Location that is no URL",
    f"{_LOCATION}[propagated-/crash/location]": "Werkzeug sends a Location that is no URL",
    "tests/http/test_uploads.py::test_a_file_name_is_passed_on_as_it_was_sent": "Werkzeug 2.2 unquotes otherwise",
    "tests/http/test_uploads.py::test_the_name_of_a_field_injects_nothing_either": "Werkzeug 2.2 unquotes otherwise",
}


TOOLS_3_3 = ("gql[requests]", "attrs", "flask-openapi3", "flask-pydantic", "jsonschema", "pydantic[email]", "spectree")
# As many of the tests that depend on graphql-core as run in a minute or two.
SUITE_3_3 = (
    "tests/schema",
    "tests/documents",
    "tests/plan",
    "tests/execution/test_calls.py",
    "tests/respond/test_rules.py",
    "tests/respond/test_delivery.py",
    "tests/http/test_graphql_errors.py",
    "tests/http/test_graphql_fields.py",
    "tests/http/test_graphql_requests.py",
    "tests/http/test_graphql_responses.py",
    "tests/http/incremental",
    "tests/http/test_mutations.py",
    "tests/http/test_uploads.py",
    "tests/operations/test_closed.py",
    "tests/operations/test_files.py",
    "tests/operations/test_parameters.py",
    "tests/operations/test_served.py",
    "tests/clients/test_gql.py",
    "tests/test_debug_log.py",
    "tests/test_shapes.py",
)

# By the start of a test's id: the reason that it cannot pass with graphql-core 3.3, or is left out.
_LONG = "it takes long, and others build the same types"
_WORDS = "the message is graphql-core's"
_LITERALS = "graphql-core 3.3 writes the braces of a literal with spaces"
_AS_WRITTEN = "graphql-core 3.3 keeps a default as it is written, not as a value"
_VARIABLES = "info.variable_values is an object in graphql-core 3.3"
_GQL = "tests/clients/test_gql.py::test"
_FITS = "tests/operations/test_parameters.py::test_a_text_that_is_none_of_its_type"
_DEFAULTS = "tests/schema/test_defaults.py::test_they_are"
_SHAPES = "tests/test_shapes.py::test_a_scenario_is_the_same_after_others_of_its_shape"
LEFT_OUT_3_3 = {
    f"{_GQL}_an_operation_that_is_wrong_is_never_sent[mutation {{ addPost(post: {{}}) {{ id }} }}": _WORDS,
    f"{_GQL}_the_schema_it_fetches_is_the_printed_one": "the command has the warning on stderr",
    f"{_FITS}[g=1&g=null": _WORDS,
    f"{_FITS}[i={{": _WORDS,
    "tests/operations/test_parameters.py::test_a_body_is_held_to_the_same": _WORDS,
    "tests/operations/test_parameters.py::test_all_that_is_wrong_is_said_at_once": _WORDS,
    "tests/schema/openapi/test_arguments.py::test_every_default_is_one_that_its_type_takes": _AS_WRITTEN,
    f"{_DEFAULTS}_introspected_as_they_were_written": _LITERALS,
    f"{_DEFAULTS}_printed_so_that_they_can_be_read_again": _LITERALS,
    "tests/schema/test_differential.py": _LONG,
    "tests/respond/test_delivery.py::test_the_payloads_make_the_whole_answer": _LONG,
    "tests/respond/test_delivery.py::test_where_a_null_goes_up": _LONG,
    "tests/schema/openapi/test_directory.py": _LONG,
    "tests/schema/openapi/test_size.py": _LONG,
    "tests/schema/test_uploads.py::test_a_null_where_a_file_must_be_is_a_validation_error": _WORDS,
    f"{_SHAPES}[fields/aggregate_is_never_null]": _WORDS,
    f"{_SHAPES}[fields/an_argument_that_turns_out_null]": _WORDS,
    "tests/test_shapes.py::test_a_user_resolver_sees_the_document_as_it_was_sent": _VARIABLES,
}


# Variables of this process that a suite in another environment does not get: it has its own packages, and may skip.
OUTER = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "RESTGQL_NO_SKIPS"}


def lowest(extras: tuple[str, ...]) -> dict[str, str]:
    """Return the lowest permitted version of each dependency, and of those of some extras."""
    requirements = [*PROJECT["dependencies"]]
    for extra in extras:
        requirements += PROJECT["optional-dependencies"][extra]
    matches = [re.match(r"([\w-]+)[>=]=([\w.]+)", requirement) for requirement in requirements]
    assert all(matches), requirements
    return {match[1]: match[2] for match in matches if match}


LOWEST = lowest(("brotli", "cache", "redis", "yaml"))


@pytest.mark.parametrize(
    ("versions", "suite", "at_least"),
    [(LOWEST, SUITE, 3_000), (LOWEST | FLASK_2_3, SUITE_2_3, 2_200)],
    ids=["lowest", "flask-2.3"],
)
def test_the_suite_passes(tmp_path: Path, versions: dict[str, str], suite: tuple[str, ...], at_least: int) -> None:
    python = environment(tmp_path, versions).python
    status, output, tests, skipped = result_of(python, tmp_path, suite, NEWER)
    print(f"{tests} tests, skipped: {skipped}")
    assert status == 0, output
    assert tests > at_least
    assert skipped == []


def test_the_suite_passes_with_graphql_core_3_3_beside_a_graphene_that_asks_for_less(tmp_path: Path) -> None:
    newer = environment(tmp_path, {}, later=("graphql-core==3.3.*", *TOOLS_3_3))
    python, conflicts = newer.python, newer.conflicts()
    assert "graphene" in conflicts
    assert "restgql" not in conflicts
    status, output, tests, skipped = result_of(python, tmp_path, SUITE_3_3, LEFT_OUT_3_3)
    print(f"{tests} tests, skipped: {skipped}")
    assert status == 0, output
    assert tests > 1_000
    assert skipped == []
    start = "from flask import Flask; from restgql import Gateway; Gateway(Flask('a'), name='a'); Gateway(Flask('b'))"
    (warning,) = run(python, "-c", start, check=True).stderr.splitlines()
    assert re.fullmatch(r"graphql-core 3\.3\.\d+ is installed: graphene \S+ asks for <3\.3\..*", warning)


def result_of(
    python: Path, folder: Path, suite: Iterable[str], left_out: Iterable[str]
) -> tuple[int, str, int, list[str]]:
    """Run a suite; return its status, the end of its output, its tests and the skipped ones."""
    report = folder / "report.xml"
    plain = ("-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'tmp'}", f"--junit-xml={report}")
    deselected = [f"--deselect={start}" for start in left_out]
    done = run(python, "-m", "pytest", *plain, *deselected, *suite, cwd=ROOT)
    root = ElementTree.parse(report).getroot()
    skipped = [f"{case.get('name')}" for case in root.iter("testcase") if case.find("skipped") is not None]
    return done.returncode, done.stdout[-6_000:], len(list(root.iter("testcase"))), skipped


def environment(folder: Path, versions: dict[str, str], *, later: tuple[str, ...] = ()) -> Environment:
    """Make an environment with the checkout, exactly these versions, and what the tests need.

    The packages in `later` are installed in a second step, whatever those of the first ask for.
    """
    made = Environment(folder / "environment")
    pinned = [f"{name}=={version}" for name, version in versions.items()]
    made.install(f"{ROOT}[brotli,cache,redis,yaml]", *pinned, *TOOLS)
    if later:
        made.install("--upgrade", *later)
    installed = made.installed()
    assert {pin for pin in pinned if pin not in installed} == set()
    return made


def run(
    *command: object, cwd: Path | None = None, check: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in OUTER}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | variables, capture_output=True, text=True, timeout=SECONDS
    )
    assert not check or done.returncode == 0, done.stderr
    return done
