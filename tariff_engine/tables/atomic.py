"""Several files, or a folder of them, that appear together, whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tariff_engine.errors import UsageError
from tariff_engine.tables.wording import shown


@contextlib.contextmanager
def whole_or_nothing(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Give a temporary path for each target; on leaving, put them all in place, or none.

    The temporary files stand in the target's own folder, so that putting them in place is a rename. Where one
    of the renames fails, those made before it are undone.

    Raises
    ------
    UsageError : a folder is missing, a target can't be replaced, or the disk refused.
    """
    for target in targets:
        check_target(target)
    staged = [target.with_name(f".{secrets.token_hex(8)}.part") for target in targets]
    try:
        yield staged
        for path in staged:
            _flush(path)
        _replace_all(staged, targets)
    except OSError as error:
        names = ", ".join(shown(target.name) for target in targets)
        reason = error.strerror or "the disk refused"
        raise UsageError(f"{names} could not be written: {reason}. No file was changed.") from error
    finally:
        for path in staged:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder to write files in; on leaving, it is the target, with the folders above it that weren't.

    Raises
    ------
    UsageError : there is something at the target already, or the disk refused.
    """
    check_folder(target)
    name, target = shown(str(target)), target.resolve()
    first = target
    while not first.parent.exists():
        first = first.parent
    staged = first.with_name(f".{secrets.token_hex(8)}.part")
    try:
        inner = staged / target.relative_to(first)
        inner.mkdir(parents=True)
        yield inner
        for path in inner.iterdir():
            _flush(path)
        if first.is_dir():
            first.rmdir()  # It is empty, and not every system renames over a folder.
        staged.rename(first)
    except OSError as error:
        raise UsageError(f"{name} could not be written: {error.strerror or 'the disk refused'}.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def check_folder(target: Path) -> None:
    """Refuse, as UsageError, a folder that is there already and has something in it, or that is a file."""
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UsageError(f"{shown(str(target))} is there already, and isn't an empty folder. Choose another.")


def check_target(target: Path) -> None:
    """Refuse, as UsageError, a target whose folder is missing, or that can't be replaced."""
    try:
        if not target.parent.is_dir():
            raise UsageError(f"The folder of {shown(target.name)} doesn't exist. Make it, or choose another.")
        if target.exists() and not target.is_file():
            raise UsageError(f"{shown(target.name)} is there already and isn't a file. Choose another name.")
    except (OSError, ValueError):
        raise UsageError(f"{shown(target.name)} can't be the name of a file. Choose another.") from None


def _flush(path: Path) -> None:
    """Have the disk hold the file's bytes before its name points to them."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _replace_all(staged: Sequence[Path], targets: Sequence[Path]) -> None:
    replaced: list[tuple[Path, Path | None]] = []
    try:
        for path, target in zip(staged, targets, strict=True):
            kept = _keep(target)
            replaced.append((target, kept))
            path.replace(target)
    except BaseException:
        for target, kept in reversed(replaced):
            if kept is None:
                target.unlink(missing_ok=True)
            else:
                kept.replace(target)
        raise
    for _, kept in replaced:
        if kept is not None:
            kept.unlink(missing_ok=True)


def _keep(target: Path) -> Path | None:
    """A second name for the file that is about to be replaced, so that it can be put back."""
    if not target.exists():
        return None
    kept = target.with_name(f".{secrets.token_hex(8)}.kept")
    try:
        os.link(target, kept)
    except OSError:
        shutil.copy2(target, kept)  # Some file systems have no links.
    return kept
