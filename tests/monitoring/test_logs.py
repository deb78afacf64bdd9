import json
from pathlib import Path

import numpy as np
import pytest

from reprise.errors import InputError
from reprise.monitoring.drift import ENOUGH, Reference
from reprise.monitoring.logs import drift_of_log

from .made import SHA, made_bundle

RNG = np.random.default_rng(5)
TRAINED = RNG.normal(size=(115, 2)).astype(np.float32)
BUNDLE = made_bundle(TRAINED)


def line(values, label: str = "yes", **others) -> str:
    features = {
        name: None if np.isnan(value) else float(value) for name, value in zip(BUNDLE.features, values, strict=True)
    }
    content = {"time": "2026-01-02T03:04:05.678Z", "request_id": "x", "model": SHA, "label": label}
    probabilities = {"no": 0.25, "yes": 0.75}
    return json.dumps(content | {"probabilities": probabilities, "features": features} | others) + "\n"


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines))
    return path


def test_several_files_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reprise.monitoring.logs._CHUNK", 70)
    recent = RNG.normal(size=(500, 2)).astype(np.float32) + np.float32([0, 2])
    recent[:50, 0] = np.nan
    lines = [line(row, "no" if number < 200 else "yes") for number, row in enumerate(recent)]
    others = [line((1, 2), "cat", model="0" * 64, features={"size": 1})] * 3
    first = write(tmp_path / "1.jsonl", *lines[:123], *others)
    found = drift_of_log([first, write(tmp_path / "2.jsonl", *lines[123:])], BUNDLE)
    assert (found.predictions, found.others, found.cut) == (500, 3, 0)
    assert found.labels == {"no": 200, "yes": 300}
    reference = Reference(BUNDLE.reference)
    assert [feature.score for feature in found.features] == reference.score(reference.count(recent)).tolist()
    assert [feature.missing for feature in found.features] == [0.1, 0]
    np.testing.assert_allclose([feature.mean for feature in found.features], np.nanmean(recent, axis=0), rtol=1e-5)


def test_few_predictions_have_no_score(tmp_path: Path) -> None:
    found = drift_of_log([write(tmp_path / "log", *[line((1, np.nan))] * (ENOUGH - 1))], BUNDLE)
    assert [feature.score for feature in found.features] == [None, None]
    assert found.features[0].mean == 1
    assert np.isnan(found.features[1].mean)


def test_an_empty_log_says_nothing(tmp_path: Path) -> None:
    found = drift_of_log([write(tmp_path / "log")], BUNDLE)
    assert (found.predictions, found.labels) == (0, {"no": 0, "yes": 0})
    assert np.isnan([feature.missing for feature in found.features]).all()


def test_a_last_line_that_was_cut_short_is_left_out_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = line((1, 2))
    for end in range(1, len(whole) - 1):
        found = drift_of_log([write(tmp_path / "log", whole, whole[:end])], BUNDLE)
        assert (found.predictions, found.cut) == (1, 1)
    found = drift_of_log([write(tmp_path / "log", whole, whole[:-1])], BUNDLE)
    assert (found.predictions, found.cut) == (2, 0)


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (line((1, 2))[:50] + "\n", r"JSON: .*; expected a line of the prediction log"),
        ("\n", "JSON: "),
        ("\xff\n", "JSON: "),
        ("[]\n", "JSON: "),
        (line((1, 2), model=None), "model: "),
        (line((1, 2), features={"feature_0": "many"}), r"features\.feature_0: "),
        (line((1, 2), features={"feature_0": 1}), "no feature 'feature_1'; expected feature_0, feature_1"),
        (line((1, 2), "maybe"), "label 'maybe'; expected one of no, yes"),
    ],
)
def test_other_damage_is_an_error_that_says_where(tmp_path: Path, damaged: str, reason: str) -> None:
    path = tmp_path / "log"
    path.write_bytes((line((1, 2)) * 2 + damaged + line((1, 2))).encode("latin-1"))
    with pytest.raises(InputError, match=f"log:3: {reason}") as error:
        drift_of_log([path], BUNDLE)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match="no such file; expected a file of the prediction log"):
            drift_of_log([path], BUNDLE)
