"""What one machine pushes and another pulls: outputs, the run cache, experiments."""

import shutil
from pathlib import Path

import pytest
from test_pipeline import Clone

from .conftest import Repository, environment, hashes, objects
from .network import Network, cut_download, cut_upload

pytestmark = pytest.mark.long


def clone(origin: Path, folder: Path, network: Network, remote: str) -> Repository:
    """Clone a repository, as another person on another machine."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    theirs = Repository(folder.parent, folder.parent)
    theirs(f"git clone -q -b main {origin} {folder}")
    theirs.folder = folder
    theirs.use(network, remote)
    return theirs


def small(folder: Path, sample: Path) -> None:
    """Make this project's pipeline small: your own data in place of five samples, one epoch."""
    clone = Clone(folder)
    for name in ("data/dvc.yaml", "data/dvc.lock", "dvc.lock"):
        (folder / name).unlink()
    shutil.rmtree(folder / "reports")
    shutil.copytree(sample, folder / "data/raw/wine")
    text = clone.read("params.yaml").replace("data: sample", "data: raw", 1)
    text = text.replace("epochs: 60", "epochs: 1", 1)
    (folder / "params.yaml").write_text(text)
    clone("dvc add -q data/raw/wine")
    clone.commit()


def test_what_one_machine_pushes_another_pulls_byte_for_byte(sample: Path, network: Network, tmp_path: Path) -> None:
    folder = tmp_path / "one/repository"
    folder.mkdir(parents=True)
    small(folder, sample)
    mine = Repository(folder, tmp_path / "one")
    mine.use(network, tmp_path.name)
    assert mine("dvc repro train").count("Running stage") == 2
    mine("git add -A")
    mine("git commit -q -m trained")
    mine("dvc push")
    theirs = clone(folder, tmp_path / "two/repository", network, tmp_path.name)
    theirs("dvc pull data/raw/wine.dvc preprocess train")
    places = ("data/raw", "data/store", "models", "reports")
    assert theirs.files(*places) == mine.files(*places)
    assert theirs.files("models/weights")
    assert "Running stage" not in theirs("dvc repro train")
    assert theirs("git status --porcelain") == ""


def test_a_machine_with_the_run_cache_runs_no_stage(mine: Repository, network: Network, tmp_path: Path) -> None:
    theirs = clone(mine.folder, tmp_path / "theirs/repository", network, tmp_path.name)
    # What is run here is not committed: dvc.lock cannot tell the others of it.
    for repository in (mine, theirs):
        (repository.folder / "params.yaml").write_text("n: 4\n")
    assert "Running stage 'make'" in mine("dvc repro")
    mine("dvc push --run-cache")
    assert any(name.startswith("runs/") for name in objects(network.emulator, tmp_path.name))
    told = theirs("dvc repro --pull")
    assert "Stage 'make' is cached - skipping run, checking out outputs" in told
    assert "Running stage" not in told
    assert theirs.files("made") == mine.files("made")
    assert len(theirs.files("made")) == 4
    assert (theirs.folder / "dvc.lock").read_bytes() == (mine.folder / "dvc.lock").read_bytes()


def test_an_experiment_that_one_pushes_another_applies(mine: Repository, network: Network, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    mine(f"git init -q --bare {bare}")
    mine(f"git remote add origin {bare}")
    mine("git push -q origin main")
    mine("dvc exp run -q -n five -S n=5")
    # The experiment's commit goes first. Where its data cannot follow, DVC says so, and the next push sends them.
    network.fault = lambda asked: cut_upload if asked.uploads else None
    told = mine("impatient exp push origin five", status=255)
    assert "Pushed experiment five to Git remote 'origin'." in told
    assert told.endswith("ERROR: failed to push cache: 6 files failed to upload\n")
    assert hashes(network.emulator, tmp_path.name) == set()
    network.mend()
    assert "6 files uploaded" in mine("dvc exp push origin five")
    theirs = clone(bare, tmp_path / "theirs/repository", network, tmp_path.name)
    network.fault = lambda asked: cut_download if asked.downloads and ".dir" not in asked.path else None
    assert "ERROR: " in theirs("impatient exp pull origin five", status=255)
    assert theirs.files(".dvc/cache/files") == {}
    network.mend()
    theirs("dvc exp pull origin five")
    theirs("dvc exp apply five")
    assert theirs.files("made") == mine.files("made")
    assert len(theirs.files("made")) == 5
    assert (theirs.folder / "params.yaml").read_text() == "n: 5\n"


def test_the_environment_of_these_tests_has_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "key.json")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert not {"GOOGLE_APPLICATION_CREDENTIALS", "HTTPS_PROXY"} & set(environment(tmp_path))
