"""The ratios, from times that are made up."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from reprise.errors import InputError
from reprise.promotion.limits import Allowed, Limits, read_limits
from reprise.promotion.speed import Pace, Ratio, best_ratios, ratios

COMMITTED = ROOT / "benchmarks/limits.yaml"
MODALITIES = ("tabular", "image", "audio", "video")
MODEL, NOTHING = Pace(0.002, 0.004, 1000.0), Pace(0.0001, 0.0002, 20000.0)


def expected(allowed: Allowed) -> Pace:
    """What a server does that costs what it should."""
    http = allowed.http
    return Pace(
        MODEL.time + http * NOTHING.time,
        MODEL.p99 + http * NOTHING.p99,
        1 / (1 / MODEL.rate + http / NOTHING.rate),
    )


@pytest.mark.parametrize("modality", MODALITIES)
def test_what_is_as_fast_as_expected_keeps_to_the_committed_limits_and_half_as_fast_does_not(modality: str) -> None:
    allowed = read_limits(COMMITTED).of(modality)
    served = expected(allowed)
    found = {"served": served, "model": MODEL, "nothing": NOTHING, "before": MODEL}
    assert [one.value for one in ratios(found, allowed)] == pytest.approx([1, 1, 1, 1])
    assert all(one.kept for one in ratios(found, allowed))
    found["served"] = Pace(2 * served.time, 2 * served.p99, served.rate / 2)
    found["before"] = replace(MODEL, time=MODEL.time / 2)
    kept = {one.name: one.kept for one in ratios(found, allowed)}
    assert kept == {"time": False, "p99": True, "rate": False, "model": False}
    del found["before"]
    assert [one.name for one in ratios(found, allowed)] == ["time", "p99", "rate"]


class Made:
    """A subject of these times and rates, a round each."""

    def __init__(self, *rounds: Pace) -> None:
        self.rounds, self.asked = rounds, 0

    def times(self, seconds: float) -> list[float]:
        pace = self.rounds[self.asked // 10]
        return [pace.time, pace.p99]

    def rate(self, seconds: float) -> float:
        pace = self.rounds[self.asked // 10]
        self.asked += 1
        return pace.rate


def measured(served: Made, rounds: int, limits: Mapping[str, float]) -> list[Ratio]:
    allowed = Allowed(http=1.0, model=1.0, **limits)
    settings = read_limits(COMMITTED).model_copy(update={"rounds": rounds})
    model, nothing = (Made(*[pace] * rounds) for pace in (Pace(0.5, 0.5, 2.0), Pace(0.5, 0.5, 2.0)))
    return best_ratios({"served": served, "model": model, "nothing": nothing}, settings, allowed)


def test_rounds_end_when_each_limit_was_kept_once() -> None:
    slow, quick, even = Pace(2.0, 2.0, 0.5), Pace(1.0, 1.0, 0.5), Pace(2.0, 2.0, 1.0)
    limits = {"time": 1.5, "p99": 1.5, "rate": 0.8}
    served = Made(slow, quick, even, slow, slow)
    found = measured(served, 5, limits)
    assert [one.value for one in found] == pytest.approx([1.0, 1.0, 1.0])
    assert served.asked == 30, "three rounds of ten turns"
    served = Made(slow, quick, slow)
    found = measured(served, 3, limits)
    assert [(one.name, one.kept) for one in found] == [("time", True), ("p99", True), ("rate", False)]
    assert found[-1].value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content.update(rounds=0), "rounds: "),
        (lambda content: content.pop("tabular"), "tabular: Field required"),
        (lambda content: content["image"].update(http="x"), r"image\.http: "),
        (lambda content: content["image"].update(htp=1), r"image\.htp: Extra"),
    ],
)
def test_a_mistake_in_the_limits_is_one_line(tmp_path: Path, change, told: str) -> None:
    content = yaml.safe_load(COMMITTED.read_text())
    change(content)
    (tmp_path / "limits.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=f"limits.yaml: {told}"):
        read_limits(tmp_path / "limits.yaml")


def test_limits_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_limits(tmp_path / "limits.yaml")
    for text in ("a: [", "- 1", ""):
        (tmp_path / "limits.yaml").write_text(text)
        with pytest.raises(InputError, match=r"limits\.yaml"):
            read_limits(tmp_path / "limits.yaml")


def test_whole_numbers_are_numbers_of_seconds(tmp_path: Path) -> None:
    content = yaml.safe_load(COMMITTED.read_text()) | {"start": 30}
    (tmp_path / "limits.yaml").write_text(yaml.safe_dump(content))
    assert isinstance(read_limits(tmp_path / "limits.yaml"), Limits)
