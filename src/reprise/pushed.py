"""Whether a remote has all that the workspace's dvc.lock and .dvc files name."""

import json
import subprocess
import sys

from reprise.errors import InputError

_SHOWN = 5


def check_pushed(remote: str | None = None) -> None:
    """Check that everything DVC tracks here is in a remote, without one the default; nothing need be pulled for it.

    Raises InputError where something is missing there, and where the remote cannot be asked.
    """
    name = remote or _default()
    # Without --granular DVC would look for the list of a folder alone, and not for the files in it.
    asked = _dvc("data", "status", "--not-in-remote", "--granular", "--json", "--remote", name)
    if asked.returncode:
        raise InputError(f"remote {name}", _error(asked.stderr), "one that `dvc remote list` shows and that answers")
    missing = sorted(json.loads(asked.stdout).get("not_in_remote", []))
    if missing:
        raise InputError(f"remote {name}", f"lacks {_some(missing)}", f"all of it there, by `dvc push --remote {name}`")


def _default() -> str:
    name = _dvc("config", "core.remote").stdout.strip()
    if not name:
        raise InputError("the default remote", "none is set", "`dvc remote default NAME`, or the name of a remote")
    return name


def _dvc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (an argument list, no shell)
        [sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=False
    )


def _error(printed: str) -> str:
    """Return what DVC says went wrong, without the tracebacks of the libraries below it."""
    lines = [line.removeprefix("ERROR: ") for line in printed.splitlines() if line.startswith("ERROR: ")]
    return lines[-1] if lines else "`dvc data status` fails"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
