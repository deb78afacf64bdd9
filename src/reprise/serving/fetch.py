"""A bundle from where it is kept."""

import tempfile
from pathlib import Path

from reprise.errors import ArtifactError


def fetch_bundle(place: str) -> Path:
    """Return the folder of the bundle at `place`: a folder, or a URL that fsspec knows, which is copied to a new one.

    Raises `ArtifactError` where the URL cannot be read.
    """
    if "://" not in place:
        return Path(place)
    from fsspec.core import url_to_fs

    folder = Path(tempfile.mkdtemp(prefix="reprise-bundle-"))
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
