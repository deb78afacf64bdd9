"""What `serving.py` found, as plain text: medians and ranges over the rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from running import Load

CONNECTIONS = (1, 16, 64)
LIMIT, LITSERVE, NOTHING = "the limit", "LitServe", "FastAPI doing nothing"


class Round(NamedTuple):
    """One start of a server: seconds to its first answer, megabytes, and what it did by the number of connections."""

    start: float
    memory: float
    loads: dict[int, Load]


def spread(values: Sequence[float], digits: int) -> str:
    """Return the median and the range."""
    return f"{median(values):8.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def ratio(rates: Sequence[float], others: Sequence[float] | None) -> str:
    """Return the median of the ratios of each round, or a dash without the others."""
    return f"{median(a / b for a, b in zip(rates, others, strict=True)):10.2f}" if others else f"{'-':>10}"


def print_table(found: Mapping[str, Sequence[Round]]) -> int:
    """Print start and memory, then a block for each number of connections; return how many requests failed."""
    print(f"\n{'':26}{'start, s':28}memory, MB")
    for name, rounds in found.items():
        print(f"{name:26}{spread([r.start for r in rounds], 2):28}{spread([r.memory for r in rounds], 0)}")
    failed = 0
    for connections in CONNECTIONS:
        rates = {name: [r.loads[connections].rate for r in rounds] for name, rounds in found.items()}
        title = f"{connections} connection{'s' if connections > 1 else ''}"
        columns = f"{'p50, ms':>10}{'p99, ms':>10}{'/LitServe':>11}{'/nothing':>10}{'/limit':>10}"
        print(f"\n{title:26}{'requests a second':28}{columns}")
        for name, rounds in found.items():
            loads = [r.loads[connections] for r in rounds]
            ratios = "".join(ratio(rates[name], rates.get(other)) for other in (LITSERVE, NOTHING, LIMIT))
            p50, p99 = median(load.p50 for load in loads), median(load.p99 for load in loads)
            lost = sum(load.failed for load in loads)
            failed += lost
            row = f"{name:26}{spread(rates[name], 0):28}{p50:10.2f}{p99:10.2f} {ratios}"
            print(row + (f"   {lost} FAILED" if lost else ""))
    return failed
