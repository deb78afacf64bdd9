"""A bundle from where it is kept."""

import atexit
import shutil
import tempfile
from pathlib import Path

from reprise.errors import ArtifactError, InputError


def fetch_bundle(place: str) -> Path:
    """Return the folder of the bundle at `place`: a folder, or a URL that fsspec knows, copied until the process ends.

    Raises `ArtifactError` where the URL cannot be read.
    """
    if "://" not in place:
        return Path(place)
    from fsspec.core import url_to_fs

    folder = new_folder("reprise-bundle-")
    try:
        files, root = url_to_fs(place)
        found = files.find(root)
        for name in found:
            path = folder / name.removeprefix(root).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(name, str(path))
    except Exception as error:  # those of every storage there is
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ArtifactError(place, f"cannot be read ({reason})", "a bundle that this machine may read") from None
    if not found:
        raise ArtifactError(place, "nothing there", "a bundle, as the export stage writes it")
    return folder


def new_folder(prefix: str) -> Path:
    """Make a temporary folder that is removed when the process ends; raises `InputError` where none can be made."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
    except OSError:
        expected = "one that can be written to, such as that of `docker run --tmpfs /tmp`"
        raise InputError("the temporary folder", "read-only or full", expected) from None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
