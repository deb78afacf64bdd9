"""How fast the server is, beside the model alone and beside a server that does nothing, all on one machine at a time.

A request should take as long as the model alone, `http` times what HTTP alone takes, and little more. What was
measured, over that time, is a ratio that is much the same on every machine and for every network.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reprise.promotion.limits import Allowed, Limits
from reprise.promotion.subjects import Subject

# Each round is so many turns, in each of which all subjects are measured: all of them meet with what else there is to
# do on the machine.
_TURNS = 10


@dataclass(frozen=True)
class Pace:
    """What one subject did in one round.

    `time` and `p99` are the 10th and 99th percentile of the seconds that an answer takes, one after the other: the
    quickest tenth are those that nothing else on the machine came between. `rate` is answers a second, several at
    once, in the best turn.
    """

    time: float
    p99: float
    rate: float


@dataclass(frozen=True)
class Ratio:
    """A measured ratio and its limit, the least one where `least`."""

    name: str
    value: float
    limit: float
    least: bool = False

    @property
    def kept(self) -> bool:
        """Whether it keeps to its limit."""
        return self.value >= self.limit if self.least else self.value <= self.limit

    def better(self, other: "Ratio") -> "Ratio":
        """Return the better one of two."""
        return max(self, other, key=lambda one: one.value if self.least else -one.value)


def best_ratios(subjects: Mapping[str, Subject], limits: Limits, allowed: Allowed) -> list[Ratio]:
    """Measure round after round until each ratio has kept to its limit once, `limits.rounds` at most; return the best.

    `subjects` are the `served`, the `model` alone, `nothing`, and the model `before`, where there is one.
    """
    best: list[Ratio] = []
    for _ in range(limits.rounds):
        found = ratios(paces(subjects, limits.seconds), allowed)
        best = [old.better(new) for old, new in zip(best, found, strict=True)] if best else found
        if all(one.kept for one in best):
            break
    return best


def paces(subjects: Mapping[str, Subject], seconds: float) -> dict[str, Pace]:
    """Measure each subject twice, for about `seconds` each."""
    times: dict[str, list[float]] = {name: [] for name in subjects}
    rates = dict.fromkeys(subjects, 0.0)
    for _ in range(_TURNS):
        for name, one in subjects.items():
            times[name] += one.times(seconds / _TURNS)
        for name, one in subjects.items():
            rates[name] = max(rates[name], one.rate(seconds / _TURNS))
    quick, slow = ({name: float(np.percentile(times[name], share)) for name in subjects} for share in (10, 99))
    return {name: Pace(quick[name], slow[name], rates[name]) for name in subjects}


def ratios(found: Mapping[str, Pace], allowed: Allowed) -> list[Ratio]:
    """Return the ratios that have limits."""
    served, model, nothing, http = found["served"], found["model"], found["nothing"], allowed.http
    measured = [
        Ratio("time", served.time / (model.time + http * nothing.time), allowed.time),
        Ratio("p99", served.p99 / (model.p99 + http * nothing.p99), allowed.p99),
        Ratio("rate", served.rate * (1 / model.rate + http / nothing.rate), allowed.rate, least=True),
    ]
    if "before" in found:
        measured.append(Ratio("model", model.time / found["before"].time, allowed.model))
    return measured
