import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from reprise.errors import InputError
from reprise.pushed import check_pushed

from .conftest import BUCKET, Repository, hashes
from .network import Network, refuse

pytestmark = pytest.mark.long


def test_what_is_not_pushed_is_told(
    mine: Repository, network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in mine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(mine.folder)
    with pytest.raises(InputError, match=r"remote storage: lacks made/.*; expected all of it there, by `dvc push --re"):
        check_pushed()
    mine("dvc push")
    # Nothing need be here for it, as on a fresh clone.
    mine.forget()
    check_pushed("storage")
    lost = next(name for name in hashes(network.emulator, tmp_path.name) if not name.endswith(".dir"))
    remove(network, f"{tmp_path.name}/{lost}")
    with pytest.raises(InputError, match=r"^remote storage: lacks made/\d; expected"):
        check_pushed("storage")


def remove(network: Network, name: str) -> None:
    url = f"{network.emulator}/storage/v1/b/{BUCKET}/o/{urllib.parse.quote(name, safe='')}"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()


def test_a_remote_that_cannot_be_asked(mine: Repository, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in mine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(mine.folder)
    with pytest.raises(InputError, match=r"^remote other: .*remote 'other' doesn't exist; expected one that"):
        check_pushed("other")
    network.fault = lambda _: refuse(403, "you may not")
    with pytest.raises(InputError, match=r"^remote storage: Forbidden: .*; expected one that"):
        check_pushed("storage")
    (mine.folder / ".dvc/config.local").unlink()
    with pytest.raises(InputError, match=r"^the default remote: none is set; expected `dvc remote default NAME`"):
        check_pushed()
