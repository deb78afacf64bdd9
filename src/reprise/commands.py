"""Git and DVC, run as the people who use them do."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from reprise.errors import InputError


class CommandError(InputError):
    """Git or DVC could not do what it was asked for; `status` is its exit code, `said` what it gave as the reason."""

    def __init__(self, command: str, said: str, status: int) -> None:
        super().__init__(command, said, "a git repository with a commit, in which DVC works")
        self.said = said
        self.status = status


def git(*arguments: str, inside: Path = Path(), environment: Mapping[str, str] | None = None) -> str:
    """Run git in a folder and return what it printed; raise `CommandError` where it fails or is not there."""
    return _run(("git", *arguments), inside, environment)


def dvc(*arguments: str, inside: Path = Path(), environment: Mapping[str, str] | None = None) -> str:
    """Run the DVC of this environment in a folder and return what it printed; raise `CommandError` where it fails."""
    return _run((sys.executable, "-m", "dvc", *arguments), inside, environment)


def _run(command: tuple[str, ...], inside: Path, environment: Mapping[str, str] | None) -> str:
    words = ("dvc", *command[3:5]) if command[1:2] == ("-m",) else command[:2]
    told = " ".join(word for word in words if not word.startswith("-"))
    try:
        done = subprocess.run(  # noqa: S603 (an argument list, no shell)
            command,
            cwd=inside,
            env=environment,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        raise CommandError(told, f"no program {command[0]}", 127) from None
    if done.returncode:
        raise CommandError(told, reason(done.stderr) or f"exit code {done.returncode}", done.returncode)
    return done.stdout


def reason(printed: str) -> str:
    """Return why git or DVC failed: the first line that says so, without the tracebacks of what lies below, or ""."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    for mark in ("ERROR: unexpected error - ", "ERROR: ", "fatal: ", "error: "):
        for line in lines:
            if line.startswith(mark):
                return line.removeprefix(mark)
    return lines[-1] if lines else ""
