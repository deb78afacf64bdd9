"""Whether a remote has all that the workspace's dvc.lock and .dvc files name."""

import json

from reprise.commands import CommandError, dvc
from reprise.errors import InputError

_SHOWN = 5


def check_pushed(remote: str | None = None) -> None:
    """Check that everything DVC tracks here is in a remote, without one the default; nothing need be pulled for it.

    Raises InputError where something is missing there, and where the remote cannot be asked.
    """
    name = remote or _default()
    try:
        # Without --granular DVC would look for the list of a folder alone, and not for the files in it.
        asked = dvc("data", "status", "--not-in-remote", "--granular", "--json", "--remote", name)
    except CommandError as error:
        raise InputError(f"remote {name}", error.said, "one that `dvc remote list` shows and that answers") from None
    missing = sorted(json.loads(asked).get("not_in_remote", []))
    if missing:
        raise InputError(f"remote {name}", f"lacks {_some(missing)}", f"all of it there, by `dvc push --remote {name}`")


def _default() -> str:
    name = dvc("config", "core.remote").strip()
    if not name:
        raise InputError("the default remote", "none is set", "`dvc remote default NAME`, or the name of a remote")
    return name


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
