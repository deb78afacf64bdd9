"""Class folders: each file is an example of the class whose folder it lies in."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from reprise.blocks import FilesDecode
from reprise.datasets.examples import Example
from reprise.errors import DataError, ParamsError

_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


class Folders:
    """The files below `root`: <root>/<class>/<file>, or <root>/train/<class>/<file> and so on for val and test.

    Files lie at any depth below the folder of their class; hidden ones and those without one of `suffixes` are
    left out. Examples are sorted by their file. Raises `DataError` where a class has no file, and `ParamsError`
    where `decode.classes` names folders that lie in each other or elsewhere.
    """

    def __init__(self, root: Path, decode: FilesDecode, suffixes: frozenset[str]) -> None:
        self._root = root
        folders = [
            (split, label, folder)
            for split, above in _splits(root)
            for label, folder in _classes(root / above, decode.classes)
        ]
        examples = [
            Example(file, 0, label, _group(root, file, decode.group), split)
            for split, label, folder in folders
            for file in _files(root, folder.relative_to(root).as_posix(), suffixes)
        ]
        self.examples: Sequence[Example] = sorted(examples, key=lambda example: example.file)

    def contents(self, examples: Sequence[Example]) -> Iterator[Path]:
        """Yield the path of each of these examples."""
        for example in examples:
            yield self._root / example.file


def _splits(root: Path) -> list[tuple[str, str]]:
    """Return each prescribed split and its folder below `root`, or one of no name where there are none."""
    folders = _folders(root) if root.is_dir() else []
    if not folders:
        expected = "a folder for each class, <class>/<file>, or train/<class>/<file> and test/<class>/<file>"
        raise DataError(str(root), "no folders", expected)
    names = [folder.name for folder in folders]
    flat = [folder for folder in folders if not _folders(folder)]
    if not set(names) <= _SPLITS.keys() or not {"train", "test"} & set(names) or len(flat) == len(folders):
        return [("", "")]
    if flat:
        raise DataError(str(flat[0]), "no folders", "a folder for each class, as in the folders beside it")
    return [(_SPLITS[name], name) for name in names]


def _folders(above: Path) -> list[Path]:
    # macOS puts a folder of its own into the archives that it packs.
    return sorted(
        path for path in above.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != "__MACOSX"
    )


def _classes(above: Path, classes: Mapping[str, Sequence[str]] | None) -> Iterator[tuple[str, Path]]:
    if classes is None:
        yield from ((folder.name, folder) for folder in _folders(above))
        return
    named = [(label, PurePosixPath(name.strip("/"))) for label, names in classes.items() for name in names]
    for place, (label, name) in enumerate(named):
        if not name.parts or ".." in name.parts:
            raise ParamsError("params.yaml: decode.classes", f"{name} for {label}", "a folder below that of the data")
        for _, other in named[:place]:
            if name == other or name in other.parents or other in name.parents:
                expected = "folders that do not lie in each other"
                raise ParamsError("params.yaml: decode.classes", f"{other} and {name}", expected)
        if not (above / name).is_dir():
            raise DataError(str(above / name), "no such folder", f"files of class {label!r} (decode.classes)")
        yield label, above / name


def _files(root: Path, folder: str, suffixes: frozenset[str]) -> list[str]:
    """Return the usable files of a class, relative to `root`."""
    above = (root / folder).absolute()
    # A link to a folder that this one lies in would lead to the files of other classes.
    entered = {*above.resolve().parents, *(path.resolve() for path in above.parents)}
    usable = []
    others: Counter[str] = Counter()
    for file, entry in _walk(root / folder, folder, entered):
        if entry.name.startswith("."):
            others["hidden"] += 1
        elif PurePosixPath(entry.name).suffix.lower() in suffixes and _follow(entry).is_file():
            usable.append(file)
        else:
            others["of other kinds"] += 1
    if not usable:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items(), reverse=True))
        found = f"no usable file ({counted})" if counted else "no usable file"
        raise DataError(str(root / folder), found, f"at least one of {', '.join(sorted(suffixes))}")
    for file in usable:
        # Python keeps the bytes of a name that are no text as lone surrogates.
        if any("\ud800" <= character <= "\udfff" for character in file):
            raise DataError(str(root), f"a file named {file!r}", "a name in UTF-8")
    return usable


def _walk(folder: Path, name: str, entered: set[Path]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield each entry that is no visible folder, by its path from the root, and enter no folder twice."""
    real = folder.resolve()
    if real in entered:
        return
    entered.add(real)
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: (entry.is_symlink(), entry.name))
    for entry in listed:
        if _follow(entry).is_dir() and not entry.name.startswith("."):
            yield from _walk(folder / entry.name, f"{name}/{entry.name}", entered)
        else:
            yield f"{name}/{entry.name}", entry


def _follow(entry: os.DirEntry[str]) -> os.DirEntry[str] | Path:
    # An entry knows what it is without asking the disk, but raises where a link leads to itself.
    return Path(entry) if entry.is_symlink() else entry


def _group(root: Path, file: str, pattern: str | None) -> str:
    if pattern is None:
        return file
    match = re.search(pattern, PurePosixPath(file).name)
    if match is None:
        raise DataError(f"{root}/{file}", f"no match of {pattern!r} in its name", "one in each (decode.group)")
    # Of groups in alternatives, (a)|(b), only one takes part.
    group = next((part for part in match.groups() if part is not None), match[0])
    if not group:
        raise DataError(f"{root}/{file}", f"an empty match of {pattern!r} in its name", "some text (decode.group)")
    return group
