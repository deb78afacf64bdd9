"""The pipeline as DVC's users run it: in fresh clones, with the commands that they type."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, STAGES
from platforms import SAME_BYTES, same_bytes, slashes


class Clone:
    """The files that git would commit now, as a repository of their own in another folder."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "PYTHONUTF8": "1",  # on Windows, programs would print into a pipe in the code of the country
            "GIT_AUTHOR_NAME": "test",
            "GIT_AUTHOR_EMAIL": "test@example.com",
            "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.com",
            **environment,
        }
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, names):
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        self("git init -q -b main")
        self.commit()

    def __call__(self, command: str, status: int = 0) -> str:
        """Run a command line and return what it prints."""
        found = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert found.returncode == status, f"{command}\n{found.stdout}\n{found.stderr}"
        return found.stdout + found.stderr

    def commit(self) -> None:
        self("git add -A && git commit -q --allow-empty -m state")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def json(self, command: str):
        return json.loads(self(command).partition("\n")[0])

    def ran(self, output: str) -> list[str]:
        """Return the stages that DVC says it ran."""
        return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which every stage has run: without --force DVC takes what git holds of reports as it is."""
    clone = Clone(tmp_path_factory.mktemp("one"))
    assert clone.ran(clone("dvc repro --force")) == ["data/dvc.yaml:sample", *STAGES]
    if not SAME_BYTES:  # there is another lock to go back to
        clone.commit()
    return clone


@pytest.fixture
def committed(clone: Clone) -> Iterator[Clone]:
    """The clone in its committed state, and again so afterwards."""
    yield clone
    clone("git checkout -q . && git clean -fdq && dvc checkout -q")


@same_bytes
@pytest.mark.long
def test_repro_remakes_the_committed_lock_and_reports(clone: Clone) -> None:
    assert clone("git status --porcelain") == ""
    assert "Data and pipelines are up to date." in clone("dvc repro")
    assert clone.json("dvc status --json") == {}


@same_bytes
@pytest.mark.long
def test_the_same_bytes_in_another_folder_under_another_environment(
    committed: Clone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of `mlp`, which the fixture has trained from scratch, and of `knn`."""
    other = Clone(
        tmp_path_factory.mktemp("another folder"),
        OMP_NUM_THREADS="7",
        MKL_NUM_THREADS="1",
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="1",
    )
    assert other.ran(other("dvc repro --force")) == ["data/dvc.yaml:sample", *STAGES]
    assert other.read("dvc.lock") == committed.read("dvc.lock")
    assert other.read("data/dvc.lock") == committed.read("data/dvc.lock")
    for place in (committed, other):
        ran = place.ran(place("dvc exp run -S tasks.wine.model.network=knn"))
        assert ran == ["train", "evaluate", "export"]
    assert other.read("dvc.lock") == committed.read("dvc.lock")


@pytest.mark.long
def test_a_changed_lr_reruns_train_evaluate_and_export(committed: Clone) -> None:
    """DVC writes 1e-05, which YAML 1.1 takes for text."""
    before = yaml.safe_load(committed.read("dvc.lock"))["stages"]
    assert committed.ran(committed("dvc exp run -S lr=1e-5")) == ["train", "evaluate", "export"]
    assert "lr: 1e-05" in committed.read("params.yaml")
    after = yaml.safe_load(committed.read("dvc.lock"))["stages"]
    assert after["train"]["outs"] != before["train"]["outs"]
    assert committed.json("dvc params diff --json")["params.yaml"]["lr"]["new"] == 1e-5
    diff = committed.json("dvc metrics diff --json")
    assert diff["reports/evaluate/metrics.json"]["log_loss"]["diff"] > 0
    assert "file://" in committed("dvc plots diff HEAD")


@pytest.mark.long
def test_a_run_that_was_made_before_is_not_made_again(committed: Clone) -> None:
    reports = {path: path.read_bytes() for path in (committed.folder / "reports").rglob("*") if path.is_file()}
    committed("dvc exp run -q -S lr=1e-5")
    told = committed("dvc exp run -S lr=0.003")
    assert committed.ran(told) == []
    assert told.count("is cached - skipping run") == 3
    assert {path: path.read_bytes() for path in reports} == reports


@pytest.mark.long
def test_a_sweep(committed: Clone) -> None:
    """Of values that were run before: its trials find them in the run cache."""
    told = committed("reprise sweep --trials 1 --study s lr=1e-5,0.003")
    assert "dvc exp apply s-0" in told
    assert committed("git status --porcelain") == ""
    committed("dvc exp apply s-0")
    assert committed.json("dvc status --json") == {}


@pytest.mark.long
def test_what_people_look_at(committed: Clone) -> None:
    assert "train" in committed("dvc dag")
    shown = committed("dvc plots show")
    assert "failed" not in shown
    page = committed.read("dvc_plots/index.html")
    for title in ("Confusion matrix", "ROC", "Calibration", "Loss", "Robustness", "Feature importance"):
        assert title in page
    assert "accuracy" in committed("dvc metrics show")


@pytest.mark.long
def test_the_bundle_is_an_artifact(committed: Clone, tmp_path: Path) -> None:
    committed("gto register model --version v1.0.0")
    assert "v1.0.0" in committed("gto show")
    committed(f"dvc artifacts get . model --rev v1.0.0 -o {tmp_path}/model")
    assert (tmp_path / "model" / "model.onnx").exists()
    committed("git tag --delete model@v1.0.0")


CHANGES = [
    ("seed=1", {"preprocess", "train", "evaluate", "export"}),
    ("deterministic=false", {"preprocess", "train", "evaluate", "export"}),
    ("lr=0.1", {"train", "evaluate", "export"}),
    ("weight_decay=0.1", {"train", "evaluate", "export"}),
    ("batch_size=8", {"train", "evaluate", "export"}),
    ("tasks.wine.decode.ignore=[ash]", {"preprocess", "export"}),
    ("tasks.wine.split.test=0.3", {"preprocess", "evaluate", "export"}),
    ("tasks.wine.model.dropout=0.3", {"train", "evaluate", "export"}),
    ("tasks.wine.train.epochs=3", {"train", "evaluate", "export"}),
    ("tasks.wine.evaluate.folds=3", {"evaluate", "export"}),
    ("tasks.wine.export.examples=3", {"export"}),
]


@pytest.mark.long
@pytest.mark.parametrize(("change", "stages"), CHANGES)
def test_a_changed_block_reruns_the_stages_that_read_it(committed: Clone, change: str, stages: set[str]) -> None:
    name, _, value = change.partition("=")
    params = yaml.safe_load(committed.read("params.yaml"))
    *blocks, key = name.split(".")
    place = params
    for block in blocks:
        place = place[block]
    place[key] = yaml.safe_load(value)
    (committed.folder / "params.yaml").write_text(yaml.safe_dump(params))
    assert set(committed.json("dvc status --json")) == stages


SECOND_TABLE = """
  penguins:
    modality: tabular
    format: csv
    decode:
      label: species
      ignore: [island]
      delimiter: ";"
    split: {}
    model: {}
    train: {epochs: 30}
    evaluate: {}
    export: {}
"""


@pytest.mark.long
def test_a_table_of_another_shape_takes_a_section_and_no_code(committed: Clone) -> None:
    """Four features, two classes by name, a missing value, semicolons, a column to leave out."""
    raw = committed.folder / "data/raw/penguins"
    raw.mkdir(parents=True)
    rows = ["island;bill;flipper;species;mass;age"]
    for number in range(90):
        kind = number % 2
        bill = "" if number == 11 else f"{38 + 6 * kind + number % 5}"
        rows.append(
            f"Dream;{bill};{190 + 10 * kind + number % 7};{['Adelie', 'Gentoo'][kind]};{3700 + number};{number % 9}"
        )
    (raw / "penguins.csv").write_text("\n".join(rows) + "\n")
    with (committed.folder / "params.yaml").open("a") as file:
        file.write(SECOND_TABLE)
    committed("dvc add -q data/raw/penguins")
    assert committed.ran(committed("dvc repro", status=0)) == []
    committed("dvc exp run -q -S task=penguins -S data=raw")
    metrics = json.loads(committed.read("reports/evaluate/metrics.json"))
    assert metrics["accuracy"] > 0.8
    bundle = json.loads(committed.read("models/bundle/bundle.json"))
    assert bundle["classes"] == ["Adelie", "Gentoo"]
    assert bundle["features"] == ["bill", "flipper", "mass", "age"]
    assert json.loads(committed.read("reports/preprocess/metrics.json"))["missing"] > 0


@pytest.mark.long
def test_mistakes_through_dvc(committed: Clone) -> None:
    bad = committed("dvc exp run -S lr=fast", status=255)
    assert "error: params.yaml: lr: 'fast'; expected a number above 0" in bad
    assert "Traceback" not in bad
    # What the README says brings the last good outputs back.
    committed("git checkout -q params.yaml reports && dvc checkout -q")
    assert committed("git status --porcelain") == ""
    assert committed.json("dvc status --json") == {}
    params = committed.folder / "params.yaml"
    params.write_text(committed.read("params.yaml").replace("task: wine", "task: win"))
    checked = committed("reprise check", status=1)
    known = "accident, geometry, hotdog, species, wine"
    assert checked == f"error: params.yaml: task: 'win'; expected one of the sections under tasks: {known}\n"
    committed("git checkout -q params.yaml")
    params.write_text(committed.read("params.yaml").replace("data: sample", "data: raw"))
    checked = slashes(committed("reprise check", status=1))
    assert checked.startswith("error: data/raw/wine: no such file or folder; expected your data")
