import importlib.util
import os
import socket
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("start", Path(__file__).parents[1] / "start.py")
start = importlib.util.module_from_spec(spec)
spec.loader.exec_module(start)


@pytest.fixture
def venv(tmp_path):
    return tmp_path / ".venv"


@pytest.fixture
def stamp(venv):
    return venv / ".restgql"


def whole(venv):
    """Makes what passes for a .venv with pip."""
    fake_python(venv, f"echo 'pip 26.3 from there (python {start.VERSION})'")


def fake_python(venv, script):
    python = start.python_of(venv)
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def refused(venv):
    """It is refused:"""
    raise start.Failed("for a test")


def broken(venv):
    """It gives no pip:"""
    fake_python(venv, "echo no pip; exit 1")


def test_the_digest_is_of_all_that_an_installation_depends_on(venv):
    variants = [(b"a", venv, "3.11"), (b"b", venv, "3.11"), (b"a", venv.parent, "3.11"), (b"a", venv, "3.12")]
    assert len({start.digest(*variant) for variant in variants}) == len(variants)


@pytest.mark.parametrize(
    ("text", "installed"),
    [
        ("demo 1", {"demo"}),
        ("demo 1\n", {"demo"}),
        ("test 1", {"demo", "test"}),
        ("test 2", set()),
        ("unfinished", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_the_stamp_says_what_is_installed(tmp_path, text, installed):
    stamp = tmp_path / "stamp"
    if text is not None:
        stamp.write_text(text)
    assert {group for group in ("demo", "test") if start.is_installed(stamp, group, "1")} == installed


def test_the_requirements_of_a_group_are_the_project_and_the_packages_of_nested_groups():
    pyproject = b"""[project.optional-dependencies]
cache = ["e"]
yaml = ["f"]
[dependency-groups]
test = ["a>=1", {include-group = "demo"}, "d"]
demo = ["b[x]", {include-group = "base"}]
base = ["c"]"""
    assert start.requirements(pyproject, "test") == [".[cache,yaml]", "a>=1", "b[x]", "c", "d"]
    assert start.requirements(pyproject, "demo") == [".", "b[x]", "c"]


def test_the_group_test_includes_the_group_demo():
    pyproject = (start.ROOT / "pyproject.toml").read_bytes()
    assert set(start.requirements(pyproject, "demo")) - {"."} < set(start.requirements(pyproject, "test"))


def test_the_ways_to_a_venv_in_order():
    assert [way.__name__ for way in start.WAYS] == ["by_ensurepip", "by_outer_pip", "by_apt"]


def test_the_first_way_that_gives_a_pip_is_the_last_tried(venv, stamp):
    seen = []

    def noted(way):
        def noting(venv):
            seen.append((way.__name__, sorted(path.name for path in venv.iterdir()), start.read(stamp)))
            way(venv)

        return noting

    start.make_venv(venv, stamp, map(noted, [refused, broken, whole, refused]))
    # each began with nothing but a stamp
    assert seen == [(name, [".restgql"], "unfinished") for name in ("refused", "broken", "whole")]
    assert start.python_of(venv).is_file()


def test_when_every_way_fails_it_says_why_and_what_to_type(venv, stamp):
    with pytest.raises(start.Failed) as failure:
        start.make_venv(venv, stamp, [refused, broken])
    message = str(failure.value)
    assert message.startswith("It is refused:\nfor a test\n\nIt gives no pip:\n$ ")
    assert "no pip" in message
    assert message.endswith(start.advice())
    assert not venv.exists()


def nothing(venv, stamp):
    pass


def a_folder(venv, stamp):
    venv.mkdir()


def a_file(venv, stamp):
    venv.write_text("")


def a_dangling_link(venv, stamp):
    start.python_of(venv).parent.mkdir(parents=True)
    start.python_of(venv).symlink_to("nowhere")


def without_pip(venv, stamp):
    fake_python(venv, "exit 1")


def unfinished(venv, stamp):
    whole(venv)
    stamp.write_text("unfinished")


def of_another_version(venv, stamp):
    fake_python(venv, "echo 'pip 26.3 from there (python 3.99)'")


def by_hand(venv, stamp):
    whole(venv)


def finished(venv, stamp):
    whole(venv)
    stamp.write_text("demo 1")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (nothing, "once"),
        (a_folder, "no working pip"),
        (a_file, "no working pip"),
        (a_dangling_link, "no working pip"),
        (without_pip, "no working pip"),
        (unfinished, "unfinished"),
        (of_another_version, "another version"),
        (by_hand, None),
        (finished, None),
    ],
)
def test_what_is_no_venv_is_made_again(venv, stamp, state, words):
    state(venv, stamp)
    flaw = start.flaw(venv, stamp)
    assert (words in flaw) if words else flaw == ""
    if flaw:
        start.make_venv(venv, stamp, [whole])
        assert start.read(stamp) == "unfinished"


def test_a_link_is_removed_and_what_it_leads_to_is_kept(tmp_path, venv):
    (tmp_path / "kept").mkdir()
    venv.symlink_to(tmp_path / "kept")
    start.remove(venv)
    assert os.listdir(tmp_path) == ["kept"]


def test_a_failed_command_shows_its_whole_output():
    with pytest.raises(start.Failed, match=r"^\$ sh -c .*\nout\nerr$"):
        start.call("sh", "-c", "echo out; echo err >&2; exit 3")


def test_a_command_that_is_not_there_is_a_failed_one():
    with pytest.raises(start.Failed, match="No such file"):
        start.call("./no-such-command")


def test_commands_are_not_led_to_other_packages(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = start.environment()
    assert "PYTHONPATH" not in environment
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PIP_USER"] == "0"
    assert environment["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize(
    ("group", "uv_fails", "tools"),
    [("test", False, ["pip", "uv"]), ("test", True, ["pip", "uv", "pip"]), ("demo", False, ["pip"])],
)
def test_the_many_packages_of_the_tests_are_installed_by_uv_or_else_by_pip(monkeypatch, group, uv_fails, tools):
    commands = []

    def call(*command):
        commands.append(command)
        if uv_fails and command[2] == "uv":
            raise start.Failed("no index")

    monkeypatch.setattr(start, "call", call)
    start.install("python", group, [".", "uv>=0.9"])
    assert [command[2] for command in commands] == tools
    assert commands[-1][-3:] == ("--editable", ".", "uv>=0.9")


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind((start.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert start.free_port([port, 0]) not in (port, 0)
        with pytest.raises(start.Failed, match="--port"):
            start.free_port([port, 65536, -1])


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [(["--help"], 0, "start.py test"), (["tset"], 2, "unrecognized"), (["--port", "x"], 2, "invalid int")],
)
def test_usage(capsys, arguments, status, words):
    with pytest.raises(SystemExit) as end:
        start.main(arguments)
    assert end.value.code == status
    assert words in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("of_pytest", "status"),
    [([0, 0], 0), ([0, 5], 0), ([5, 0], 0), ([5, 5], 1), ([0, 1], 1), ([1, 5], 1), ([0], 0), ([5], 1)],
)
def test_a_phase_may_have_no_tests_but_not_all_of_them(of_pytest, status):
    assert start.exit_status([0] * len(start.CODE) + of_pytest) == status


def test_a_failed_code_check_is_a_failure():
    assert start.exit_status([1, *[0] * len(start.CODE)]) == 1


@pytest.fixture
def checks(monkeypatch):
    """The checks that a command would run."""
    recorded = []
    monkeypatch.setattr(start, "run_checks", lambda checks: recorded.extend(checks) or 0)
    return recorded


def test_check_runs_the_fast_tests_on_all_cores(checks):
    start.main(["check", "-k", "plan"])
    assert [name for name, _ in checks] == ["ruff check", "ruff format", "codespell", "mypy", "pytest"]
    assert checks[-1][1][-3:] == ["fast", "-k", "plan"]


def test_check_reports_the_coverage_if_asked(checks):
    start.main(["check", "--coverage", "tests/plan"])
    (_, pytest_command), (name, report) = checks[-2:]
    assert "--coverage" not in pytest_command
    assert {"--cov", "tests/plan"} < set(pytest_command)
    assert (name, report) == ("coverage", ["coverage", "report"])


def test_test_runs_every_phase_with_the_same_arguments(checks):
    start.main(["test", "tests/plan"])
    together, alone = (command for _, command in checks[-2:])
    assert together[-2:] == ["together", "tests/plan"]
    assert alone == ["pytest", "--phase", "alone", "tests/plan"]
