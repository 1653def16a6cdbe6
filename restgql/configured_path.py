"""The configured path of a folder of GraphQL files, of `schema` or `operations`, and the messages if it has none."""

from difflib import get_close_matches
from pathlib import Path

SUFFIX = ".graphql"
_SIMILAR_SUFFIXES = frozenset({".gql", ".graphqls", ".sdl", ".txt"})
MAX_ENTRIES = 1_000


def is_folder(path: Path) -> bool:
    """Return True for a folder, False also for a path that is no path at all, such as the text of a document."""
    try:
        return path.is_dir()
    except OSError:  # the name is too long
        return False


def is_file(path: Path) -> bool:
    """Return True for a file, and False where `is_folder` does."""
    try:
        return path.is_file()
    except OSError:
        return False


def missing_files(key: str, path: Path, *, takes_file: bool = False, root: str = "app.root_path") -> str:
    """Return the reason why `path`, the value of a key, has no files of GraphQL, and the cure."""
    if "{" in str(path):
        return (
            f"{key} takes a path, not the text of a document. Write the text into a file, such as "
            f"{key}/first{SUFFIX}, and name the folder: {key}={key!r}."
        )
    if path.is_dir():
        return f"there is no {SUFFIX} file here.{_elsewhere(path)}"
    if path.is_file():
        return f"this is a file, and {key} takes a folder: {key}={path.parent.name!r}."
    meant = f"file, or folder of {SUFFIX} files" if takes_file else "folder"
    return f"there is no such {meant}.{missing(path, root)}"


def missing(path: Path, root: str | Path = "app.root_path") -> str:
    """Return the hint for a path that does not exist: the name that was probably meant, and the root of paths."""
    return "" if path.exists() else f"{_similar(path)} A relative path begins at {root}."


def _elsewhere(folder: Path) -> str:
    """Return a hint at files that have another suffix, or are in a folder below."""
    for entry in _entries(folder):
        if entry.suffix in _SIMILAR_SUFFIXES and entry.is_file():
            return f" Rename {entry.name} to {entry.stem}{SUFFIX}."
        if entry.is_dir() and any(each.suffix == SUFFIX for each in _entries(entry)):
            return f" The files in {entry.name} are not read: name that folder, or move them."
    return ""


def _similar(path: Path) -> str:
    names = get_close_matches(path.name, [entry.name for entry in _entries(path.parent)], 1)
    return f" Did you mean {names[0]!r}?" if names else ""


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:MAX_ENTRIES]
    except OSError:
        return []
