"""Files to a store: by any number of processes, with what cannot be used named and counted."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT
from PIL import Image
from platforms import slashes

from reprise.datasets.decode import Bad, workers_wanted
from reprise.datasets.prepare import Prepared, prepare
from reprise.datasets.store import read_store
from reprise.errors import DataError, InputError
from reprise.params import read_params

SECTION = {
    "modality": "image",
    "format": "folder",
    "decode": {"size": 16},
    "split": {"val": 0.2, "test": 0.2},
    "model": {},
    "train": {},
    "evaluate": {},
    "export": {},
}


def picture(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (20 + number % 7, 24, 3), np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of sixty pictures in two class folders; the current folder, too."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content |= {"task": "mine", "data": "raw"}
    content["tasks"]["mine"] = SECTION
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    for number in range(60):
        picture(tmp_path / f"data/raw/mine/{'ab'[number % 2]}/{number:02}.png", number)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data/raw/mine"


def run(workers: int = 1, name: str = "store", **decode: object) -> Prepared:
    params = read_params(Path("params.yaml"))
    task = params.chosen
    changed = task.model_copy(update={"decode": task.decode.model_copy(update=decode)})
    return prepare(params.model_copy(update={"tasks": {"mine": changed}}), Path(name), workers)


def test_the_store_holds_every_file_in_order(raw: Path) -> None:
    assert run() == Prepared(60, 0)
    store = read_store(Path("store"))
    assert store.items.shape == (60, 16, 16, 3)
    assert store.index["file"].tolist() == sorted(store.index["file"])
    assert store.schema.features[0] == "brightness"
    brightness = store.features[:, 0]
    np.testing.assert_allclose(brightness, store.items.mean(axis=(1, 2, 3)), rtol=0.1)
    assert set(store.index["split"]) == {"train", "val", "test"}


def test_the_same_bytes_from_one_process_and_from_two(raw: Path) -> None:
    run(1, "one")
    run(2, "two")
    for name in ("items.npy", "features.npy", "index.parquet", "schema.json"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_files_are_named_counted_and_left_out(raw: Path, workers: int) -> None:
    (raw / "a/00.png").write_text("no picture\n")
    whole = (raw / "b/01.png").read_bytes()
    (raw / "b/01.png").write_bytes(whole[: len(whole) // 2])
    found = run(workers, max_bad=0.05)
    assert found.examples == 58
    assert [bad.file for bad in found.bad] == ["a/00.png", "b/01.png"]
    assert all("expected" in bad.reason for bad in found.bad)
    assert not set(read_store(Path("store")).index["file"]) & {"a/00.png", "b/01.png"}


def test_too_many_bad_files_stop_the_stage_at_once(raw: Path) -> None:
    for number in range(0, 60, 2):
        (raw / f"a/{number:02}.png").write_text("no picture\n")
    with pytest.raises(DataError) as caught:
        run(max_bad=0.05)
    line = slashes(str(caught.value))
    assert line.startswith("data/raw/mine/a/06.png: ")
    assert "4 of 60 files so far cannot be used; expected at most 5.00% of them (decode.max_bad)" in line


def test_by_default_one_bad_file_of_sixty_is_too_many(raw: Path) -> None:
    (raw / "a/00.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"1 of 60 files cannot be used; expected at most 1\.00%"):
        run()


def test_copies_are_left_out_and_counted(raw: Path) -> None:
    (raw / "a/copy.png").write_bytes((raw / "a/00.png").read_bytes())
    assert run() == Prepared(60, 1)
    assert "a/copy.png" not in set(read_store(Path("store")).index["file"])


def test_a_copy_of_a_test_file_does_not_train(raw: Path) -> None:
    for number in range(60):
        folder = raw / ("test" if number < 12 else "train") / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (raw / f"{'ab'[number % 2]}/{number:02}.png").rename(folder / f"{number:02}.png")
    (raw / "a").rmdir()
    (raw / "b").rmdir()
    (raw / "train/a/copy.png").write_bytes((raw / "test/a/00.png").read_bytes())
    assert run() == Prepared(60, 1)
    index = read_store(Path("store")).index
    assert (index["split"] == "test").sum() == 12
    assert set(index.loc[index["split"] == "test", "file"].str.split("/").str[0]) == {"test"}
    assert (index["split"] == "val").sum() == pytest.approx(0.2 * 48, abs=1)


def test_the_same_file_in_two_classes_is_bad(raw: Path) -> None:
    (raw / "b/copy.png").write_bytes((raw / "a/00.png").read_bytes())
    found = run(max_bad=0.05)
    assert found.bad == (Bad("b/copy.png", "the same bytes as a/00.png, which is of class 'a'"),)


def test_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPRISE_WORKERS", raising=False)
    assert workers_wanted() >= 1
    monkeypatch.setenv("REPRISE_WORKERS", "3")
    assert workers_wanted() == 3
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv("REPRISE_WORKERS", wrong)
        with pytest.raises(InputError, match=r"REPRISE_WORKERS: .*; expected a number of processes"):
            workers_wanted()
