"""The stages one by one, as DVC calls them: what they write, and how they end on a person's mistake."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, STAGES, Project, load_stage
from platforms import WINDOWS, slashes

from reprise.training import fit

HEADER = "x,y,kind\n"
GOOD = HEADER + "".join(f"{i % 7},{i / 10},{'ab'[i % 2]}\n" for i in range(60))


def test_what_the_stages_write(finished: Project) -> None:
    assert {name.rpartition("/")[2] for name in finished.files("data/store")} == {
        "items.npy",
        "index.parquet",
        "schema.json",
    }
    assert sorted(finished.files("models")) == [
        "models/bundle/bundle.json",
        *(f"models/bundle/examples/{number}.json" for number in range(1, 6)),
        "models/bundle/model.onnx",
        "models/weights/0.safetensors",
    ]
    metrics = json.loads((finished.folder / "reports/evaluate/metrics.json").read_text())
    assert metrics["accuracy"] > 0.9
    assert metrics["cv_accuracy_mean"] > 0.95
    assert all(isinstance(value, float) for value in metrics.values())


def test_a_second_run_writes_the_same_bytes(done: Project) -> None:
    before = done.files()
    done.run(*STAGES)
    assert done.files() == before


def test_no_output_tells_where_it_was_made(finished: Project) -> None:
    for name, content in finished.files().items():
        assert str(finished.folder).encode() not in content, name
        assert str(ROOT).encode() not in content, name


def test_knn_runs_through(project: Project) -> None:
    project.set(tasks__wine__model={"network": "knn", "weights": "distance"})
    project.run(*STAGES)
    metrics = json.loads(Path("reports/evaluate/metrics.json").read_text())
    assert metrics["accuracy"] > 0.9
    assert json.loads(Path("reports/train/metrics.json").read_text())["step"] == 1


def test_without_folds(done: Project) -> None:
    done.set(tasks__wine__evaluate={"folds": None})
    done.run("evaluate")
    assert Path("reports/evaluate/folds.csv").read_text(encoding="utf-8") == "fold,accuracy,macro_f1\n"
    assert "cv_f1" not in json.loads(Path("reports/evaluate/metrics.json").read_text())


def test_with_all_of_the_machine(done: Project) -> None:
    done.set(deterministic=False)
    done.run("train")
    assert Path("models/weights/0.safetensors").exists()


@pytest.mark.long
def test_samples_of_every_task(tmp_path: Path) -> None:
    load_stage("sample").sample(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accident", "geometry", "hotdog", "species", "wine"]
    lines = (tmp_path / "wine/wine.csv").read_text().splitlines()
    assert len(lines) == 179
    assert lines[0].startswith("alcohol,malic_acid,")
    assert lines[0].endswith(",cultivar")


# A person's mistakes: one line, exit code 1, and the last good run as it was.


def fails(project: Project, stage: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a stage that must fail on a mistake, and return the one line it says."""
    before = project.files()
    with pytest.raises(SystemExit) as caught:
        project.run(stage)
    assert project.files() == before
    assert not list(project.folder.rglob(".*.partial"))
    message = caught.value.code
    # Text as an exit code: the interpreter prints it on standard error and exits with 1.
    assert isinstance(message, str)
    assert message.startswith("error: ")
    assert "\n" not in message
    return slashes(message.removeprefix("error: "))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lr", "fast", "params.yaml: lr: 'fast'; expected a number above 0"),
        ("lr", -1, "params.yaml: lr: -1; expected a number above 0"),
        ("learning_rate", 1, "params.yaml: learning_rate: unknown key; expected one of task, data,"),
        ("task", "win", "params.yaml: task: 'win'; expected one of the sections under tasks: accident, "),
    ],
)
@pytest.mark.parametrize("stage", STAGES)
def test_parameters(
    done: Project, capsys: pytest.CaptureFixture[str], stage: str, name: str, value: object, message: str
) -> None:
    done.set(**{name: value})
    assert fails(done, stage, capsys).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "data/raw/wine/a.csv: an empty file; expected a header and rows"),
        (HEADER.encode(), "data/raw/wine: no examples; expected at least one row for each class and split"),
        (b"x,y\n1,2\n", "data/raw/wine/a.csv: no column 'kind', which decode.label names; expected one of x, y"),
        (GOOD.replace(",b", ",a").encode(), "data/raw/wine: one class only, 'a'; expected at least two"),
        ((GOOD + "1,1,c\n").encode(), "data/raw/wine: class 'c' has 1 example or group; expected at least 3"),
        ((GOOD + "abc,1,a\n").encode(), "data/raw/wine/a.csv: line 62, column x: 'abc'; expected a number"),
        (GOOD.encode() + b"1,1,\xff\n", "data/raw/wine/a.csv: after line "),
    ],
)
def test_tables(done: Project, capsys: pytest.CaptureFixture[str], text: bytes, message: str) -> None:
    done.set(data="raw", tasks__wine__decode={"label": "kind"})
    raw = done.folder / "data/raw/wine"
    raw.mkdir(parents=True)
    (raw / "a.csv").write_bytes(text)
    assert fails(done, "preprocess", capsys).startswith(message)


def test_raw_without_a_folder(done: Project, capsys: pytest.CaptureFixture[str]) -> None:
    done.set(data="raw")
    assert fails(done, "preprocess", capsys).startswith("data/raw/wine: no such file or folder; expected a CSV file")


def test_settings_that_do_not_fit_the_data(done: Project, capsys: pytest.CaptureFixture[str]) -> None:
    done.set(tasks__wine__evaluate={"folds": 60})
    message = "params.yaml: evaluate.folds: 60; expected at most 48, the groups of the smallest class"
    assert fails(done, "evaluate", capsys) == message
    done.set(lr=1e30)
    assert "the loss is no number; expected less" in fails(done, "train", capsys)


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("train", "data/store/items.npy"),
        ("evaluate", "models/weights/0.safetensors"),
        ("export", "models/weights/0.safetensors"),
    ],
)
def test_damaged_files_of_an_earlier_stage(
    done: Project, capsys: pytest.CaptureFixture[str], stage: str, name: str
) -> None:
    path = done.folder / name
    path.write_bytes(path.read_bytes()[:-20])
    assert fails(done, stage, capsys).startswith(f"{name}: damaged; expected what ")
    path.unlink()
    assert fails(done, stage, capsys).startswith(f"{name}: no such file; expected what ")


def test_damaged_checkpoint(done: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (done.folder / "models/checkpoints").mkdir()
    (done.folder / "models/checkpoints/0.pt").write_bytes(b"PK\x03\x04 half of a file")
    message = "models/checkpoints/0.pt: damaged; expected what a stopped run leaves; delete it to train anew"
    assert fails(done, "train", capsys) == message


def test_models_cannot_be_written(done: Project, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("models/weights")
    Path("models/weights").parent.rename("elsewhere")
    Path("models").write_text("a file, where a folder was")
    message = fails(done, "train", capsys)
    assert message.startswith("models")
    assert message.endswith("expected room and the right to write")


def limited(bytes_: int) -> Callable[[], None]:
    """Let no file grow further: what a full disk does to a process, for every user and on every machine."""

    import resource  # of POSIX alone

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))

    return limit


@pytest.mark.skipif(WINDOWS, reason="Windows sets no limit to how large a file of a process may become")
@pytest.mark.parametrize(
    ("stage", "room"), [("preprocess", 2000), ("train", 200_000), ("evaluate", 200), ("export", 200_000)]
)
def test_full_disk(done: Project, stage: str, room: int) -> None:
    # A network too large for the room, so that DVC's own small files fit.
    done.set(tasks__wine__model={"hidden": [300, 300]}, tasks__wine__train={"epochs": 2})
    done.run("train")
    before = done.files()
    found = subprocess.run(
        [sys.executable, str(ROOT / "stages" / f"{stage}.py")],
        cwd=done.folder,
        preexec_fn=limited(room),
        capture_output=True,
        text=True,
        check=False,
        # Nothing of ours but the stage may write: the interpreter would cut its own caches short.
        env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert found.returncode == 1, found.stderr
    assert "Traceback" not in found.stderr
    line = found.stderr.splitlines()[-1]
    assert line == "error: the disk: file too large; expected room and the right to write"
    assert done.files() == before


@pytest.mark.long
@pytest.mark.parametrize("stop", ["SIGTERM"] if WINDOWS else ["SIGTERM", "SIGKILL", "SIGINT"])
def test_a_killed_training_goes_on_and_ends_with_the_same_bytes(
    done: Project, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    done.set(tasks__wine__train={"epochs": 400, "patience": 400})
    done.run("train")
    expected = done.files("models", "reports/train")
    shutil.rmtree("models/weights")
    shutil.rmtree("reports/train")

    process = done.start("train")
    checkpoint = done.folder / "models/checkpoints/0.pt"
    logged = done.folder / "reports/train/plots/metrics/val/loss.tsv"
    while not (logged.exists() and len(logged.read_text().splitlines()) > 50):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    number = getattr(signal, stop)
    process.send_signal(number)
    _, errors = process.communicate()
    # Windows has no signals: its word for ending a process leaves a 1.
    assert process.returncode == (1 if WINDOWS else 130 if stop == "SIGINT" else -number)
    assert "Traceback" not in errors
    assert checkpoint.exists()
    assert not Path("models/weights").exists()

    # Under its own parameters a run goes on from what is left; under another it starts from the first epoch.
    left = checkpoint.read_bytes()
    trained = []
    step = fit._Run.epoch
    monkeypatch.setattr(fit._Run, "epoch", lambda run, *rest: trained.append(0) or step(run, *rest))
    done.run("train")
    assert 0 < len(trained) < 360
    assert done.files("models", "reports/train") == expected
    assert not checkpoint.exists()
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(left)
    trained.clear()
    done.set(lr=0.001)
    done.run("train")
    assert len(trained) == 400


def test_profile(done: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = done.files("models/weights")
    monkeypatch.setenv("REPRISE_PROFILE", "3")
    done.run("train")
    assert "Self CPU" in capsys.readouterr().out
    assert Path("profile/trace.json").exists()
    assert done.files("models/weights") == before
