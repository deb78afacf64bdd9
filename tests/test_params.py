from pathlib import Path

import pytest
import yaml

from reprise.errors import ParamsError
from reprise.params import read_params

COMMITTED = (Path(__file__).parents[1] / "params.yaml").read_text()


def read(folder: Path, text: str):
    path = folder / "params.yaml"
    path.write_text(text)
    return read_params(path)


def test_committed_parameters_are_read(tmp_path: Path) -> None:
    params = read(tmp_path, COMMITTED)
    assert params.chosen.modality == "tabular"
    assert params.source == Path("data/sample/wine")


@pytest.mark.parametrize("text", ["1e-05", "1e-5", "1E-05", "0.00001", "1.0e-5", "+1e-05"])
def test_numbers_as_dvc_writes_them(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, COMMITTED.replace("lr: 0.003", f"lr: {text}")).lr == 1e-5


def test_frozen(tmp_path: Path) -> None:
    params = read(tmp_path, COMMITTED)
    with pytest.raises(ValueError, match="frozen"):
        params.lr = 1.0


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("lr: 0.003", "lr: fast", "lr: 'fast'; expected a number above 0"),
        ("lr: 0.003", "lr: -1", "lr: -1; expected a number above 0"),
        ("lr: 0.003", "lr: .inf", "lr: inf; expected a number above 0"),
        ("lr: 0.003", "lr: '0.1'", "lr: '0.1'; expected a number above 0"),
        ("lr: 0.003", "lr:", "lr: None; expected a number above 0"),
        ("lr: 0.003\n", "", "lr: missing; expected a number above 0"),
        ("seed: 0", "seed: true", "seed: True; expected a whole number from 0 to 4294967295"),
        ("seed: 0", "seed: 1.5", "seed: 1.5; expected a whole number from 0 to 4294967295"),
        ("task: wine", "task: win", "task: 'win'; expected one of the sections under tasks: accident, geometry"),
        ("data: sample", "data: samples", "data: 'samples'; expected sample or raw"),
        ("epochs: 60", "epoch: 60", "tasks.wine.train.epoch: unknown key; expected epochs"),
        ("seed: 0", "speed: 0", "speed: unknown key; expected seed"),
        ("seed: 0", "seed: 0\nzzz: 1", "zzz: unknown key; expected one of task, data, seed, "),
        ("epochs: 60", "epochs: 0", "tasks.wine.train.epochs: 0; expected a whole number of at least 1"),
        ("hidden: [64, 32]", "hidden: [64, a]", "tasks.wine.model.hidden: [64, 'a']; expected a list of layer widths"),
        ("hidden: [64, 32]", "hidden: 64", "tasks.wine.model.hidden: 64; expected a list of layer widths"),
        ("network: mlp", "network: svm", "tasks.wine.model.network: 'svm'; expected mlp or knn"),
        ("modality: tabular", "modality: smell", "tasks.wine.modality: 'smell'; expected tabular"),
        ("  wine:", "  my wine:", "tasks: 'my wine'; expected names made of letters"),
        ("seed: 0", "seed: 0\nseed: 1", "line 5: seed stands there twice; expected YAML"),
        ("seed: 0", "seed: [0", "; expected YAML"),
        ("seed: 0", "seed: 0\n1: x", "line 5: the key '1' is no name; expected YAML"),
        ("seed: 0", "seed: 0\n? [a, b]\n: x", "is no name; expected YAML"),
        ("seed: 0", "seed: 0\n~: x", "line 5: the key '~' is no name; expected YAML"),
        ("task: wine", "task: 2020-13-41", "month must be in 1..12; expected YAML"),
        ("task: wine", "task: wi\x07ne", "; expected YAML"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in COMMITTED
    with pytest.raises(ParamsError) as caught:
        read(tmp_path, COMMITTED.replace(before, after, 1))
    text = str(caught.value)
    assert message in text
    assert text.startswith(str(tmp_path / "params.yaml"))
    assert "\n" not in text


@pytest.mark.parametrize(("text", "message"), [("", "no settings"), ("- a\n", "no settings"), ("a", "no settings")])
def test_not_a_mapping(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        read(tmp_path, text)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="no such file"):
        read_params(tmp_path / "params.yaml")


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(b"task: \xff")
    with pytest.raises(ParamsError, match="byte 0xff at 6; expected UTF-8 text"):
        read_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("hotdog.decode.size", "big", "hotdog.decode.size: 'big'; expected a whole number of pixels from 8 to 4096"),
        ("hotdog.decode.sizes", 64, "hotdog.decode.sizes: unknown key; expected size"),
        ("hotdog.decode.sample_rate", 8000, "hotdog.decode.sample_rate: unknown key; expected one of classes, group"),
        ("hotdog.format", "csv", "hotdog.format: 'csv'; expected folder, parquet, cifar10 or stl10"),
        ("hotdog.train.augment", {"flips": True}, "hotdog.train.augment.flips: unknown key; expected flip"),
        ("hotdog.train.augment", {"rotate": 200}, "hotdog.train.augment.rotate: 200; expected a number of degrees"),
        ("hotdog.modality", "sound", "hotdog.modality: 'sound'; expected tabular, image, audio or video"),
        ("wine.export", None, "wine.export: missing; expected a block of settings"),
        ("hotdog.modality", None, "hotdog.modality: missing; expected tabular, image, audio or video"),
        ("hotdog.model.pretrained", True, "hotdog.model.pretrained: resnet18 with stem imagenet and width 32;"),
        ("hotdog.evaluate.threshold", "best", "hotdog.evaluate.threshold: 'best'; expected f1, precision or recall"),
        ("hotdog.export.quantize", "int4", "hotdog.export.quantize: 'int4'; expected none or int8"),
        ("hotdog.export.max_drop", 101, "hotdog.export.max_drop: 101; expected a number of percentage points"),
        ("hotdog.export.max_drop", -0.5, "hotdog.export.max_drop: -0.5; expected a number of percentage points"),
        ("hotdog.decode.group", "(", "hotdog.decode.group: '(' (missing ), unterminated subpattern at position 0)"),
        ("geometry.train.seeds", [1, 1], "geometry.train.seeds: [1, 1]; expected a list of different whole numbers"),
        ("geometry.train.seeds", [], "geometry.train.seeds: []; expected a list of different whole numbers"),
        ("species.model.f_max", 9000.0, "species.model.f_max: 9000.0; expected more than f_min and at most 8000, half"),
        ("species.model.f_min", 7500.0, "species.model.f_max: 7500.0; expected more than f_min"),
        ("accident.decode.fps", 0.1, "accident.decode.fps: 0.1; expected at least one frame in 1.6 seconds"),
        (
            "accident.decode.classes",
            {"accident": ["positive", "rash"], "normal": ["rash/"]},
            "accident.decode.classes: folder 'rash/' for accident and for normal; expected each folder once",
        ),
        ("accident.decode.classes", {"accident": []}, "accident.decode.classes.accident: []; expected"),
    ],
)
def test_mistakes_in_the_blocks_of_each_modality(tmp_path: Path, key: str, value: object, message: str) -> None:
    content = yaml.safe_load(COMMITTED)
    *blocks, last = key.split(".")
    place = content["tasks"]
    for block in blocks:
        place = place[block]
    if value is None:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(ParamsError) as caught:
        read(tmp_path, yaml.safe_dump(content))
    assert f"params.yaml: tasks.{message}" in str(caught.value)


@pytest.mark.parametrize(
    ("task", "changes", "found"),
    [
        ("wine", {"network": "knn"}, "int8 for knn, which has no layers"),
        ("wine", {"hidden": []}, "int8 for an mlp without a hidden layer"),
        ("geometry", {"hidden": []}, "int8 for an mlp without a hidden layer"),
    ],
)
def test_what_cannot_be_quantised(tmp_path: Path, task: str, changes: dict[str, object], found: str) -> None:
    content = yaml.safe_load(COMMITTED)
    section = content["tasks"][task]
    section["export"]["quantize"] = "int8"
    assert read(tmp_path, yaml.safe_dump(content)).tasks[task].export.quantize == "int8"
    section["model"] |= changes
    with pytest.raises(ParamsError) as caught:
        read(tmp_path, yaml.safe_dump(content))
    assert f"params.yaml: tasks.{task}.export.quantize: {found}; expected none" in str(caught.value)


def test_seeds_are_those_of_the_task_or_the_one_of_all(tmp_path: Path) -> None:
    assert read(tmp_path, COMMITTED).seeds == (0,)
    assert read(tmp_path, COMMITTED.replace("task: wine", "task: geometry")).seeds == (0, 1, 2)
