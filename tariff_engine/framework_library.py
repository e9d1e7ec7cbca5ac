"""Find framework versions: the ones that ship with the project, and folders and workbooks anywhere on disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from tariff_engine.errors import FrameworkError, Problem, UsageError
from tariff_engine.framework import Framework
from tariff_engine.framework_reading import content_hash, load_version, read_folder, read_version
from tariff_engine.framework_rows import HEADER_FILE
from tariff_engine.framework_sheets import WORKBOOK_ENDINGS
from tariff_engine.vocabulary import bands_folder, nearest

_LONGEST_REFERENCE = 1_000
_NAME = re.compile(r"([a-z0-9][a-z0-9-]*)(?:@([A-Za-z0-9][A-Za-z0-9_.+-]*))?")


def load_frameworks(reference: str | Path) -> tuple[Framework, ...]:
    """The versions that a reference names, oldest first.

    Parameters
    ----------
    reference : ``devon`` (every version that is in force or superseded), ``devon@2023-24`` (that version, whatever
        its status), or a path: of a version's folder, of the folder above several, or of a version's workbook.

    Raises
    ------
    UsageError : nothing has that name.
    FrameworkError : a version can't be used; it lists every reason.
    """
    text = _reference(reference)
    path = Path(text)
    if _is_workbook(path):
        return (_sound(*_read(path)),)
    if path.is_dir() and not _is_shipped(text):
        return _from_folder(path)
    if path.is_file() and not _is_shipped(text):
        endings = ", ".join(WORKBOOK_ENDINGS)
        raise UsageError(
            f"{path.name} is a file, and a framework is a folder with a {HEADER_FILE} in it, or a workbook ({endings})."
        )
    return shipped_named(text)


def framework_files(reference: str | Path) -> tuple[Framework, dict[str, bytes]]:
    """The one version that a reference names, and its files' bytes by name.

    Raises
    ------
    UsageError : nothing has that name, or several versions have.
    FrameworkError : the version can't be used; it lists every reason.
    """
    path = Path(_reference(reference))
    if _is_workbook(path):
        framework, problems, files = _read_workbook(path)
        return _sound(framework, problems), files
    versions = load_frameworks(reference)
    if len(versions) > 1:
        names = ", ".join(version.name for version in versions)
        raise UsageError(f"{reference} has several versions. Name one of {names}.")
    (version,) = versions
    in_folder = path.is_dir() and not _is_shipped(str(reference))
    folders = _version_folders(path) if in_folder else [_root() / version.id / version.version]
    found = (read_folder(folder)[0] for folder in folders)
    return version, next(files for files in found if content_hash(files) == version.content_hash)


def example_files() -> dict[str, bytes]:
    """The files of a small worked example of a framework, to start one of your own from."""
    return read_folder(_root() / "templates" / "framework" / "example")[0]


def shipped_named(name: str) -> tuple[Framework, ...]:
    """The shipped versions under ``NAME`` or ``NAME@VERSION``; never a path."""
    match = _NAME.fullmatch(name)
    available = shipped_names()
    if match is None or match[1] not in {known.partition("@")[0] for known in available}:
        near = nearest(name, [*available, *(known.partition("@")[0] for known in available)])
        hint = f" Did you mean {near}?" if near else ""
        raise UsageError(f"There is no framework {name!r}, neither shipped nor a folder.{hint}")
    framework, version = match[1], match[2]
    if version is None:
        return _usable([_shipped(known) for known in available if known.startswith(f"{framework}@")], framework)
    if name not in available:
        versions = ", ".join(known.partition("@")[2] for known in available if known.startswith(f"{framework}@"))
        raise UsageError(f"There is no version {version} of {framework}; there are {versions}.")
    return (_shipped(name),)


def shipped_names() -> tuple[str, ...]:
    """Every shipped version as ``NAME@VERSION``, sorted."""
    root = _root()
    found = (folder for folder in root.glob("*/*") if (folder / HEADER_FILE).is_file())
    return tuple(sorted(f"{folder.parent.name}@{folder.name}" for folder in found))


def shipped_frameworks() -> tuple[Framework, ...]:
    """Every version that ships with the project, sorted by name and version."""
    return tuple(_shipped(name) for name in shipped_names())


def check_framework(reference: str | Path) -> list[Problem]:
    """Everything wrong with the versions in a folder or a workbook, or under a shipped name; errors first."""
    text = _reference(reference)
    path = Path(text)
    if not _is_workbook(path) and (not path.is_dir() or _is_shipped(text)):
        name, _, version = text.partition("@")
        if version and _is_shipped(text) and text not in shipped_names():
            shipped_named(text)
        path = _root() / name / version if _NAME.fullmatch(text) else path
    places = [path] if _is_workbook(path) else _version_folders(path)
    found = [_read(place) for place in places]
    problems = [problem for _, part in found for problem in part]
    versions = [version for version, _ in found if version is not None]
    if len(versions) == len(places):
        problems += [warning for version in versions for warning in _unlike_the_shipped(version)]
        try:
            side_by_side(versions)
        except FrameworkError as error:
            problems = [*error.problems, *problems]
    return problems


def side_by_side(versions: Sequence[Framework]) -> tuple[Framework, ...]:
    """Versions that can be used together, oldest first: of one framework, each once, none that start together.

    Consultations and illustrations may start with another version, as they are used only when named.
    """
    problems: list[Problem] = []
    ordered = tuple(sorted(versions, key=lambda framework: (framework.header.effective_from, framework.version)))
    settled = [version for version in ordered if not version.needs_naming]
    where = ordered[0].id if ordered else ""
    for earlier, later in pairwise(ordered):
        if earlier.id != later.id:
            message = f"{earlier.name} and {later.name} are different frameworks; choose one"
            problems.append(Problem("error", where, None, "id", message))
    for version, times in Counter(version.version for version in ordered).items():
        if times > 1:
            problems.append(Problem("error", where, None, "version", f"version {version} is there twice"))
    for earlier, later in pairwise(settled):
        if earlier.header.effective_from == later.header.effective_from and earlier.version != later.version:
            message = f"{earlier.version} and {later.version} both start on {later.header.effective_from}"
            problems.append(Problem("error", where, None, "effective_from", message))
    if problems:
        raise FrameworkError(problems)
    return ordered


def _reference(reference: str | Path) -> str:
    text = str(reference)
    if not text.strip():
        raise UsageError("No framework was named. Give a name such as devon@2023-24, or a folder.")
    if len(text) > _LONGEST_REFERENCE:
        raise UsageError("The framework's name is too long to be a name or a path.")
    if Path(text).suffix.lower() in WORKBOOK_ENDINGS and not Path(text).exists():
        raise UsageError(f"{text}: there is no such workbook.")
    return text


def _is_shipped(text: str) -> bool:
    """Whether a shipped framework has that name; a folder of the same name is meant by a path, such as ./devon."""
    match = _NAME.fullmatch(text)
    return match is not None and match[1] in {known.partition("@")[0] for known in shipped_names()}


def _unlike_the_shipped(version: Framework) -> Iterator[Problem]:
    """A warning where a version goes by a shipped one's name: a figure made with it looks like one made with that."""
    if version.name in shipped_names() and version.content_hash != _shipped(version.name).content_hash:
        message = f"differs from the shipped version of that name, {version.name}; give it a name of its own"
        yield Problem("warning", version.id, None, "version", message)


@cache
def _shipped(name: str) -> Framework:
    framework, _, version = name.partition("@")
    return load_version(_root() / framework / version)


def _root() -> Path:
    return bands_folder()


def _is_workbook(path: Path) -> bool:
    """Whether a path is a workbook's by its ending; ``devon@2023-24.xlsx`` is one, and no shipped version."""
    return path.suffix.lower() in WORKBOOK_ENDINGS and path.is_file()


def _read(path: Path) -> tuple[Framework | None, list[Problem]]:
    return _read_workbook(path)[:2] if _is_workbook(path) else read_version(path)


def _read_workbook(path: Path) -> tuple[Framework | None, list[Problem], dict[str, bytes]]:
    from tariff_engine.framework_workbook import read_framework_workbook  # Most runs read no workbook.

    book = read_framework_workbook(path)
    return book.framework, book.problems, dict(book.files)


def _sound(framework: Framework | None, problems: Sequence[Problem]) -> Framework:
    if framework is None:
        raise FrameworkError([problem for problem in problems if problem.severity == "error"])
    return framework


def _from_folder(path: Path) -> tuple[Framework, ...]:
    folders = _version_folders(path)
    versions = side_by_side([load_version(folder) for folder in folders])
    return versions if folders == [path] else _usable(versions, path.name)


def _version_folders(path: Path) -> list[Path]:
    if (path / HEADER_FILE).is_file():
        return [path]
    folders = sorted(folder for folder in path.glob("*") if (folder / HEADER_FILE).is_file())
    if not folders:
        raise UsageError(f"{path.name}: there is no {HEADER_FILE}, neither in this folder nor in one below it.")
    return folders


def _usable(versions: Sequence[Framework], name: str) -> tuple[Framework, ...]:
    usable = [version for version in versions if not version.needs_naming]
    if not usable:
        names = ", ".join(version.name for version in versions)
        raise UsageError(f"{name} has only consultation or illustrative versions, which are used when named: {names}.")
    return side_by_side(usable)
