"""What DVC says where a remote is wrong: the messages in docs/remote.md are those that it prints."""

from pathlib import Path

import pytest
from conftest import ROOT

from .conftest import Repository
from .network import Network, refuse

pytestmark = pytest.mark.long

DOCUMENT = ROOT / "docs/remote.md"
PRINCIPAL = "you@example.com does not have storage.objects.{} access to the Google Cloud Storage bucket."


def explained(printed: str) -> list[str]:
    """Return the last error and the line after it; the document has both."""
    lines = printed.splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("ERROR: "))
    found = [line for line in lines[last : last + 2] if line]
    text = DOCUMENT.read_text(encoding="utf-8")
    for line in found:
        assert line in text
    return found


def test_a_bucket_that_is_not_there(mine: Repository, network: Network, tmp_path: Path) -> None:
    mine.use(network, tmp_path.name, bucket="no-such-bucket")
    assert explained(mine("dvc push", status=255)) == ["ERROR: unexpected error - b/no-such-bucket/o"]
    mine.forget()
    assert explained(mine("dvc pull", status=255)) == ["ERROR: unexpected error - b/no-such-bucket/o"]
    assert mine.files("made", ".dvc/cache/files") == {}


def test_someone_who_is_not_logged_in(mine: Repository, network: Network) -> None:
    local = mine.folder / ".dvc/config.local"
    local.write_text(local.read_text().replace("allow_anonymous_login = true\n", ""))
    message = "Anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket."
    network.fault = lambda _: refuse(401, message)
    assert explained(mine("dvc push", status=255)) == [f"ERROR: unexpected error - {message}, 401"]


def test_someone_who_may_read_and_not_write(mine: Repository, network: Network, tmp_path: Path) -> None:
    network.fault = lambda asked: refuse(403, PRINCIPAL.format("create")) if asked.uploads else None
    told = mine("dvc push", status=1)
    assert explained(told) == ["ERROR: failed to push data to the cloud - 4 files failed to upload"]
    assert PRINCIPAL.format("create") in told
    assert PRINCIPAL.format("create") in DOCUMENT.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_reached(mine: Repository, tmp_path: Path) -> None:
    nowhere = Network("", url="http://127.0.0.1:9")
    mine.use(nowhere, tmp_path.name)
    (told,) = [line for line in mine("impatient push", status=255).splitlines() if line.startswith("ERROR: ")]
    assert told.startswith("ERROR: unexpected error - Cannot connect to host 127.0.0.1:9 ssl:default")
    assert "ERROR: unexpected error - Cannot connect to host" in DOCUMENT.read_text(encoding="utf-8")


def test_a_remote_that_is_not_named(mine: Repository) -> None:
    (mine.folder / ".dvc/config.local").unlink()
    told = mine("dvc push", status=1)
    start = "ERROR: failed to push data to the cloud - config file error: no remote specified in "
    assert told.startswith(start)
    assert start in DOCUMENT.read_text(encoding="utf-8")
