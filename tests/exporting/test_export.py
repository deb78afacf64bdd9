import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from reprise.bundle import Decision, read_bundle, sha256
from reprise.datasets.examples import Example
from reprise.datasets.store import StoreWriter, read_store
from reprise.decoding.tabular import decode_row
from reprise.exporting.examples import write_rows
from reprise.exporting.export import _answer
from reprise.exporting.reference import reference
from reprise.exporting.trial import run


def test_the_bundle_answers_its_examples(finished) -> None:
    """File, array, graph, answer: with what a server has, and nothing else."""
    folder = finished.folder / "models/bundle"
    bundle = read_bundle(folder)
    session = ort.InferenceSession(folder / bundle.model.file)
    assert len(bundle.examples) == 5
    assert {example.label for example in bundle.examples} == set(bundle.classes)
    for example in bundle.examples:
        row = json.loads((folder / example.file).read_text())
        items = decode_row(row, bundle.features)[None]
        (found,) = session.run(["probabilities"], {bundle.model.input.name: items})
        np.testing.assert_allclose(found[0], example.probabilities, atol=1e-4)
        assert bundle.classes[found[0].argmax()] == example.label


def test_the_bundle_tells_what_it_is(finished) -> None:
    bundle = read_bundle(finished.folder / "models/bundle")
    metrics = json.loads((finished.folder / "reports/evaluate/metrics.json").read_text())
    assert bundle.metrics == metrics
    assert bundle.parameters["lr"] == 0.003
    assert bundle.parameters["train"]["epochs"] == 60
    assert len(bundle.reference) == len(bundle.features) == 13
    assert sum(bundle.reference[0].counts) == 115
    assert bundle.model.sha256 == sha256(finished.folder / "models/bundle/model.onnx")


def test_a_bundle_in_integers_answers_its_examples_and_else_is_as_in_float(done, finished, capsys) -> None:
    done.set(tasks__wine__export__quantize="int8")
    done.run("export")
    folder = done.folder / "models/bundle"
    bundle, before = read_bundle(folder), read_bundle(finished.folder / "models/bundle")
    assert bundle.model == before.model
    assert before.quantization is None
    assert before.served == before.model
    found = bundle.quantization
    assert (found.items, found.served, bundle.served.file) == (27, True, "model.int8.onnx")
    assert (bundle.served.input, bundle.served.outputs) == (bundle.model.input, bundle.model.outputs)
    same = {"quantization": None, "examples": before.examples, "parameters": before.parameters}
    assert bundle.model_copy(update=same) == before
    assert [example.file for example in bundle.examples] == [example.file for example in before.examples]
    answers = [
        [run(folder / model.file, decode_row(json.loads((folder / example.file).read_text()), bundle.features)[None])]
        for model in (bundle.served, bundle.model)
        for example in bundle.examples
    ]
    expected = np.array([example.probabilities for example in bundle.examples])
    served, in_float = np.concatenate(answers)[:, 0].reshape(2, 5, 3)
    np.testing.assert_allclose(served, expected, rtol=1e-5)
    assert not np.allclose(in_float, expected, rtol=1e-5)
    _, line = capsys.readouterr().out.splitlines()
    accuracies = f"{found.float_accuracy:.3f} in float, {found.int8_accuracy:.3f} in int8"
    assert line == f"models/bundle: validation accuracy {accuracies}; int8 is served: {found.reason}"


def test_where_quantisation_fails_the_last_bundle_stays(done, monkeypatch, capsys) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Unable to guess\ntensor type")

    before = done.files("models")
    done.set(tasks__wine__export__quantize="int8")
    monkeypatch.setattr("reprise.exporting.trial.write_int8", fail)
    with pytest.raises(SystemExit) as ended:
        done.run("export")
    problem = "int8, which ONNX Runtime cannot make of this network (Unable to guess)"
    assert ended.value.code == f"error: params.yaml: export.quantize: {problem}; expected none"
    assert done.files("models") == before
    assert capsys.readouterr().out == ""


def test_reference_of_missing_constant_and_empty_features() -> None:
    nan = np.nan
    items = np.array([[1, 5, nan], [2, 5, nan], [3, 5, nan], [nan, 5, nan]], np.float32)
    some, same, none = reference(items, ("some", "same", "none"))
    assert (some.missing, some.mean, some.min, some.max) == (0.25, 2, 1, 3)
    assert (some.edges, some.counts) == ((1, 1.5, 2.5, 3), (1, 1, 1))
    assert (same.std, same.edges, same.counts) == (0, (5, 6), (4,))
    assert none.missing == 1


def test_reference_of_a_large_offset_keeps_its_digits() -> None:
    days = (20240101 + np.arange(300) % 30).astype(np.float32)[:, None]
    (found,) = reference(days, ("day",))
    assert (found.min, found.max) == (days.min(), days.max())
    assert len(found.edges) == 11
    assert sum(found.counts) == 300


def test_examples_are_taken_from_each_class_in_turn_with_missing_values_as_null(tmp_path: Path) -> None:
    items = np.array([[0.1, np.nan], [2, 2], [3, 3], [4, 4]], np.float32)
    listed = [Example("a.csv", row, label, str(row)) for row, label in enumerate("aaba", start=2)]
    (tmp_path / "store").mkdir()
    with StoreWriter(tmp_path / "store", (2,), "float32") as writer:
        writer.add(items)
        writer.finish(listed, ["test"] * 4, "tabular", ("a", "b"), ("x", "y"))
    answers = np.array([[0.9, 0.1]] * 4, np.float32)
    store = read_store(tmp_path / "store")
    examples = write_rows(tmp_path / "examples", store, answers, lambda found: ("a", found[0]), 3)
    rows = [json.loads((tmp_path / example.file).read_text()) for example in examples]
    assert rows == [{"x": 0.1, "y": None}, {"x": 3, "y": 3}, {"x": 2, "y": 2}]
    assert examples[0].probabilities == pytest.approx((0.9, 0.1))


@pytest.mark.parametrize(("pools", "expected"), [(True, "crash"), (False, "calm")])
def test_a_video_of_one_clip_is_answered_by_the_threshold_of_videos(pools: bool, expected: str) -> None:
    decision = Decision(positive="crash", threshold=0.6, pool="max", group_threshold=0.3)
    label, probabilities = _answer(("calm", "crash"), decision, pools=pools)(np.array([[0.55, 0.45]], np.float32))
    assert label == expected
    assert probabilities == pytest.approx([0.55, 0.45])
