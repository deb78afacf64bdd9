"""The four tasks that are no tables: from their samples to a bundle that answers, the same bytes anywhere."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pandas as pd
import pytest
import yaml
from conftest import ROOT, STAGES, Project
from dvc.repo import Repo
from platforms import same_bytes

from reprise.answers import decide, pool
from reprise.bundle import read_bundle
from reprise.decoding.decoder import make_decoder
from reprise.session import session_options

TASKS = ("hotdog", "species", "accident", "geometry")
ANOTHER = {"OMP_NUM_THREADS": "7", "MKL_NUM_THREADS": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"}


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest, trained: Callable[[str], Project]) -> Project:
    """A project in which a small network of the task was trained for one epoch; not to be written to."""
    return trained(request.param)


@same_bytes
@pytest.mark.long
def test_the_same_bytes_in_another_folder_under_another_environment(task: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "another folder")
    shutil.copytree(task.folder, other.folder, ignore=shutil.ignore_patterns("store", "models", "reports", "sample"))
    name = yaml.safe_load((task.folder / "params.yaml").read_text())["task"]
    environment = {**os.environ, **ANOTHER, "REPRISE_WORKERS": "1"}
    made = [sys.executable, "-c", f"from reprise.samples import {name}; from pathlib import Path; {name}.make(Path())"]
    sample = other.folder / "data/sample" / name
    sample.mkdir(parents=True)
    subprocess.run(made, cwd=sample, env=environment, check=True)
    for stage in STAGES:
        process = other.start(stage, **ANOTHER, REPRISE_WORKERS="1")
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    places = ("data", "models", "reports")
    assert other.files(*places) == task.files(*places)


@pytest.mark.long
def test_the_bundle_answers_its_examples_from_raw_files(task: Project) -> None:
    """File, array, graph, answer: with what a server has, and nothing else."""
    folder = task.folder / "models/bundle"
    bundle = read_bundle(folder)
    decoder = make_decoder(bundle.modality, bundle.decode)
    session = ort.InferenceSession(folder / bundle.served.file, session_options())
    assert len(bundle.examples) == 5
    decision = bundle.decision
    positive = bundle.classes.index(decision.positive) if decision.positive else 0
    for example in bundle.examples:
        decoded = decoder.decode((folder / example.file).read_bytes())
        assert decoded.features.shape == (len(decoded.items), len(bundle.reference))
        (found,) = session.run(["probabilities"], {bundle.model.input.name: decoded.items})
        threshold = decision.threshold
        if len(found) > 1:
            together = np.zeros(len(found), np.int64)
            found, threshold = pool(found, together, decision.pool, positive, threshold), decision.group_threshold
        np.testing.assert_allclose(found[0], example.probabilities, atol=1e-4)
        assert bundle.classes[decide(found, threshold, positive)[0]] == example.label
    assert [feature.name for feature in bundle.reference] == list(bundle.features) == list(decoder.features)


@pytest.mark.long
def test_what_people_look_at(task: Project) -> None:
    report = task.folder / "reports/evaluate"
    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text())
    for stage in pipeline["stages"].values():
        for kind in ("metrics", "plots"):
            for path in (next(iter(output)) for output in stage.get(kind, [])):
                assert (task.folder / path).exists(), path
    for plot in pipeline["plots"]:
        for path in next(iter(plot.values()))["y"]:
            assert (task.folder / path).exists(), path
    metrics = json.loads((report / "metrics.json").read_text())
    assert {"accuracy", "macro_f1", "roc_auc", "corrupted_accuracy"} <= metrics.keys()
    robustness = pd.read_csv(report / "robustness.csv")
    assert (robustness.groupby("corruption")["level"].nunique() == 6).all()
    assert (report / "mistakes.png").read_bytes().startswith(b"\x89PNG")
    similarity = pd.read_csv(report / "similarity.csv")
    if "geometry" in task.folder.name:
        assert set(similarity["seeds"]) == {"3 and 5"}
        assert len(similarity) == 2 * 2 * 2
        assert {"cka_hidden1", "svcca_hidden2", "seeds_accuracy_mean"} <= metrics.keys()
    else:
        assert similarity.empty
    if "accident" in task.folder.name:
        assert {"group_accuracy", "group_f1", "group_roc_auc", "group_threshold"} <= metrics.keys()


BLOCKS = {
    "modality": {"preprocess", "train", "evaluate", "export"},
    "format": {"preprocess", "train", "evaluate", "export"},
    "decode": {"preprocess", "train", "evaluate", "export"},
    "split": {"preprocess", "train", "evaluate", "export"},
    "model": {"train", "evaluate", "export"},
    "train": {"train", "evaluate", "export"},
    "evaluate": {"evaluate", "export"},
    "export": {"export"},
}


@pytest.mark.parametrize("name", [*TASKS, "wine"])
def test_a_changed_block_reruns_the_stages_that_read_it_and_those_that_follow(name: str, tmp_path: Path) -> None:
    """By what DVC makes of dvc.yaml for each task; that DVC acts on it is tested on the wine pipeline."""
    for file in ("dvc.yaml", "data/dvc.yaml"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content | {"task": name}))
    with Repo.init(str(tmp_path), no_scm=True) as repo:
        stages = {stage.name: stage for stage in repo.stage.collect() if stage.name in STAGES}
        read = {stage: {key for dep in stages[stage].deps for key in getattr(dep, "params", [])} for stage in STAGES}
        assert Path(stages["preprocess"].deps[0].def_path).as_posix() == f"data/sample/{name}"
    assert set(BLOCKS) == set(content["tasks"][name])
    for block, expected in BLOCKS.items():
        keys = {f"tasks.{name}.{block}", f"tasks.{name}"}
        reruns = [stage for stage in STAGES if read[stage] & keys]
        # What follows a stage depends on its outputs.
        assert set(STAGES[STAGES.index(reruns[0]) :]) == expected, block
        assert not any(
            key.startswith("tasks.") and not key.startswith(f"tasks.{name}") for key in set().union(*read.values())
        )
