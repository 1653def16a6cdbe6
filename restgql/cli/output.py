"""The output of the commands, apart from anything that the app prints."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO, Any

import click

_STREAM = "restgql.output"


@contextmanager
def redirect_prints() -> Iterator[None]:
    """Send to standard error whatever the app prints to standard output; only `echo` writes to standard output."""
    meta = click.get_current_context().meta
    if _STREAM in meta:
        yield
        return
    descriptor = _descriptor(sys.stdout)
    with _redirect_descriptor(descriptor) if descriptor is not None else _redirect_stream() as stream:
        meta[_STREAM] = stream
        try:
            yield
        finally:
            stream.flush()
            del meta[_STREAM]


def echo(text: str) -> None:
    """Print a text to standard output."""
    click.echo(text, file=click.get_current_context().meta.get(_STREAM))


def write(path: str, text: str) -> None:
    """Write a text and a newline to a file, which never has half of its content; `-` is standard output.

    Raises ClickException.
    """
    if path == "-":
        echo(text)
        return
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    try:
        if target.exists() and not target.is_file():  # a pipe, for example
            target.write_text(f"{text}\n", encoding="utf-8")
        else:
            _replace(target, f"{text}\n")
    except OSError as exc:
        missing = "" if target.parent.is_dir() else f". Make the folder {target.parent.name} first"
        raise click.ClickException(f"{path} could not be written: {exc.strerror or exc}{missing}.") from exc


def _replace(target: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _mode(target: Path) -> int:
    """Return the mode of a file or, if there is none, that of a new file."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _descriptor(stream: Any) -> int | None:
    """Return the file descriptor of a stream; None for a stream in memory."""
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None


@contextmanager
def _redirect_descriptor(descriptor: int) -> Iterator[IO[str]]:
    """Point the descriptor of standard output to standard error, also for child processes, and yield the former."""
    sys.stdout.flush()
    kept = os.dup(descriptor)
    errors = _descriptor(sys.stderr)
    other = os.open(os.devnull, os.O_WRONLY) if errors is None else os.dup(errors)
    os.dup2(other, descriptor)
    os.close(other)
    with open(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors) as stream:
        try:
            yield stream
        finally:
            sys.stdout.flush()
            stream.flush()
            os.dup2(kept, descriptor)


@contextmanager
def _redirect_stream() -> Iterator[IO[str]]:
    stream = sys.stdout
    with redirect_stdout(sys.stderr):
        yield stream
