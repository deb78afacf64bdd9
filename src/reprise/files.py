"""Outputs that are whole or not there: written beside their place, then renamed into it."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or a folder to, and rename it to `path` when the block ends well.

    When the block raises, what stood at `path` before stands there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.partial")
    _remove(beside)
    try:
        yield beside
        _rename(beside, path)
    except BaseException:
        _remove(beside)
        raise


@contextmanager
def restoring(path: Path) -> Iterator[Path]:
    """Yield the folder `path`, new and empty, for what people watch while it grows; put the old one back on failure.

    A process that is killed leaves the old one at `.<name>.old`; the next run starts from there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.with_name(f".{path.name}.old")
    if path.exists() and not old.exists():
        path.rename(old)
    _remove(path)
    path.mkdir()
    try:
        yield path
    except BaseException:
        _remove(path)
        if old.exists():
            old.rename(path)
        raise
    _remove(old)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write `content` as indented JSON that ends in a newline, in the order of its keys."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def significant(value: float, digits: int = 6) -> float:
    """Round to so many significant digits: what lies beyond them differs between processors and says nothing."""
    return float(f"{value:.{digits}g}")


def _rename(beside: Path, path: Path) -> None:
    if not path.is_dir():
        beside.replace(path)
        return
    # A folder cannot be replaced in one step: move the old one away first.
    old = path.with_name(f".{path.name}.old")
    _remove(old)
    path.rename(old)
    beside.rename(path)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
