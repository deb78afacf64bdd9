import json
import re

import pytest

from reprise.errors import ArtifactError
from reprise.report.curves import section

from .given import Given, curve, params, side


def run(losses: list[object], name: str = "now", best: int = 1, **settings: object) -> Given:
    """A side whose every curve has these values."""
    files = {key: curve("loss", losses) for key in ("val_loss", "train_loss")}
    log = {"best_epoch": best, "train": {"loss": 0.5}, "val": {"loss": 0.25, "accuracy": 0.75}}
    blocks = {"train": {"epochs": 4}, **settings}
    return side(name, **files, val_accuracy=curve("accuracy", losses), trained=json.dumps(log), params=params(**blocks))


NOTHING = side("before")


def lines(text: str) -> list[list[float]]:
    return [[float(value) for value in found.split(", ")] for found in re.findall(r"  line \[(.*)\]", text)]


def test_before_and_now_are_in_one_chart_each() -> None:
    text = section(run([0.5, 0.4, 0.3, 0.2]), run([0.5, 0.3, 0.2, 0.1]))
    assert text.startswith("### Training curves\n")
    assert re.findall(r'title "(.*)"', text) == ["Validation loss", "Validation accuracy", "Training loss"]
    assert lines(text)[:2] == [[0.5, 0.4, 0.3, 0.2], [0.5, 0.3, 0.2, 0.1]]
    assert text.count("🟦 before 🟧 now") == 3


def test_a_run_that_stopped_early_ends_where_it_ended() -> None:
    text = section(run([0.5, 0.4, 0.3, 0.2]), run([0.5, 0.3], best=2))
    assert "| epochs | 4 | 2 of 4: stopped early |" in text
    assert "| kept epoch | 1 | 2 |" in text
    # Its points are those of the first two epochs of the common axis.
    assert lines(text)[:2] == [[0.5, 0.4, 0.3, 0.2], [0.5, 0.3, 0.3, 0.3]]
    assert text.count("🟧 now (ended after epoch 2; level from there on)") == 3


def test_long_runs_are_drawn_through_few_points_that_lie_on_the_curve() -> None:
    text = section(NOTHING, run([1 - epoch / 1000 for epoch in range(1, 501)]))
    drawn = lines(text)[0]
    assert len(drawn) <= 40
    assert (drawn[0], drawn[-1]) == (0.999, 0.5)
    assert drawn == pytest.approx([0.999 - 0.499 * place / (len(drawn) - 1) for place in range(len(drawn))], abs=1e-3)
    assert "through 40 points at most" in text


def test_what_is_no_number_is_left_out_and_said() -> None:
    text = section(NOTHING, run([0.5, "nan", 0.3, "inf"]))
    assert lines(text)[0] == [0.5, 0.4, 0.3]
    assert "Validation loss now: no finite number in 2 epochs, which are left out." in text


def test_runs_that_are_the_same_need_no_chart() -> None:
    text = section(run([0.5, 0.4]), run([0.5, 0.4]))
    assert "Every epoch came out as before." in text
    assert "mermaid" not in text


def test_no_curve_before_is_said() -> None:
    text = section(NOTHING, run([0.5, 0.4]))
    assert "There is no curve before, and no line." in text
    assert "| epochs | none | 2 of 4: stopped early |" in text
    assert len(lines(text)) == 3


def test_neighbours_have_no_curve() -> None:
    text = section(run([0.5, 0.4]), run([0.3], model={"network": "knn"}))
    assert "| epochs | 2 of 4: stopped early | 1: nothing to train |" in text
    assert "There is one epoch now, and no line." in text
    assert "mermaid" not in text


def test_a_run_without_epochs_in_its_settings_takes_the_default() -> None:
    assert "2 of 60: stopped early" in section(NOTHING, run([0.5, 0.4], train={}))


def test_of_several_seeds_it_is_the_first() -> None:
    text = section(NOTHING, run([0.5, 0.4], train={"epochs": 2, "seeds": [0, 1, 2]}))
    assert "These are of the first of 3 seeds." in text


def test_nothing_on_either_side_is_no_section() -> None:
    assert section(NOTHING, NOTHING) == ""


def test_a_table_of_a_header_alone_is_no_curve() -> None:
    empty = side(val_loss="step\tloss\n", val_accuracy="step\taccuracy\n", train_loss="step\tloss\n")
    assert section(NOTHING, empty) == ""


@pytest.mark.parametrize("damaged", ["step\tloss\n1\tmuch\n", "step\tlost\n1\t0.5\n"])
def test_a_damaged_curve_is_told(damaged: str) -> None:
    with pytest.raises(ArtifactError, match=r"reports/train/plots/metrics/val/loss.tsv \(now\)"):
        section(NOTHING, side(val_loss=damaged))
