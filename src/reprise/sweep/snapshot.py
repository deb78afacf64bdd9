"""The project as it was when a sweep started, and a copy of it for each trial."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reprise.commands import CommandError, git
from reprise.errors import InputError
from reprise.serving.claims import lock
from reprise.sweep.process import end_orphan

# What tells of the process that runs in a copy.
NOTE = "process"
# Git ignores it, and so does DVC.
PLACE = Path(".dvc", "tmp", "reprise")


class Snapshot:
    """What git would show of the working tree at one moment, uncommitted and untracked files included.

    `dvc exp run --temp` would take the tree as it is at the start of each trial, after moving what is not committed
    away and back. Here the tree is only read, once, and all trials are of the same code. The folder's lock says that
    its process lives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "base"
        # From inside a subfolder of a larger repository, too.
        self.root = Path(_line("rev-parse", "--show-toplevel"))
        self.prefix = _line("rev-parse", "--show-prefix")
        self.head = _line("rev-parse", "--verify", "HEAD")
        self.environment = {
            **os.environ,
            # `python` in dvc.yaml is the one that runs this.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            # DVC keeps notes on every folder that it ever saw.
            "DVC_SITE_CACHE_DIR": str(folder / "site"),
        }

    @property
    def name(self) -> str:
        """A name that no other snapshot has."""
        return self.folder.name

    def take(self) -> None:
        """Make the copy that all others are copied from."""
        git("clone", "--quiet", "--shared", "--no-checkout", str(self.root), str(self.base))
        git("checkout", "--quiet", "--force", "--detach", self.head, inside=self.base)
        with suppress(CommandError):  # it also fails where a file was changed
            # A file that was only touched looks changed until this looks closer, and git stash would stumble over it.
            git("update-index", "-q", "--refresh")
        changes = _line("stash", "create")
        if changes:
            git("restore", f"--source={changes}", "--staged", "--worktree", ".", inside=self.base)
        untracked = git("ls-files", "-z", "--others", "--exclude-standard", inside=self.root)
        for name in untracked.split("\0"):
            if not name or name.endswith("/"):  # a repository of its own, which git stash leaves alone as well
                continue
            (self.base / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.root / name, self.base / name, follow_symlinks=False)
        for key in ("user.name", "user.email"):
            with suppress(CommandError):  # a key that is not set
                git("config", key, _line("config", "--get", key), inside=self.base)
        self._share_cache()

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """Yield the project's folder in a copy that is removed at the end."""
        copy = self.folder / "trial"
        shutil.copytree(self.base, copy, symlinks=True)
        try:
            yield copy / self.prefix
        finally:
            _remove(copy)

    def bring(self, copy: Path, name: str) -> str:
        """Bring an experiment that ran in a copy into the repository, and return its ref there."""
        ref = f"refs/exps/{self.head[:2]}/{self.head[2:]}/{name}"
        git("push", "--quiet", str(self.root), f"{ref}:{ref}", inside=copy)
        return ref

    def _share_cache(self) -> None:
        from dvc.config import Config  # type: ignore[import-untyped]

        local = Path(".dvc", "config.local")
        if local.exists():  # where people keep credentials
            shutil.copy2(local, self.base / self.prefix / local)
        cache = Config(str(Path(".dvc").resolve()))["cache"].get("dir") or Path(".dvc", "cache").resolve()
        with Config(str(self.base / self.prefix / ".dvc")).edit("local") as config:
            config["cache"]["dir"] = str(cache)


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Yield a snapshot of the project in the current folder, which is gone at the end."""
    PLACE.mkdir(parents=True, exist_ok=True)
    claim, path = _new_claim()
    folder = path.with_suffix("")
    try:
        folder.mkdir()
        made = Snapshot(folder)
        made.take()
        yield made
    finally:
        _remove(folder)
        os.close(claim)
        path.unlink()


def check_repository() -> None:
    """Raise `InputError` where the current folder has no commit to start from, or DVC is not set up in it."""
    git("rev-parse", "--verify", "HEAD")
    if not Path(".dvc").is_dir():
        raise InputError(".dvc", "no such folder", "the root of a project that DVC is set up in")


def remove_leftovers() -> list[str]:
    """Remove the snapshots of processes that were killed, with what still runs in there, and return their names."""
    found = []
    for path in sorted(PLACE.glob("*.lock")):
        claim = os.open(path, os.O_RDWR)
        ours = lock(claim)
        if ours:
            found.append(path.stem)
            end_orphan(path.with_suffix("") / NOTE)
            # Windows removes no file that is open; the next sweep tries again.
            with suppress(OSError):
                _remove(path.with_suffix(""))
        os.close(claim)
        if ours and not path.with_suffix("").exists():
            path.unlink()
    return found


def _new_claim() -> tuple[int, Path]:
    """Make a locked file; what has its name, less the suffix, is ours until this process ends."""
    while True:
        file, path = tempfile.mkstemp(suffix=".lock", dir=PLACE.resolve())
        if lock(file):
            return file, Path(path)
        os.close(file)  # another took it for a leftover


def _remove(folder: Path) -> None:
    from dvc.utils.fs import remove  # type: ignore[import-untyped]

    remove(str(folder))  # what git writes is read-only, which Windows minds


def _line(*arguments: str) -> str:
    """Return what git prints, less the end of the line."""
    return git(*arguments).removesuffix("\n")
