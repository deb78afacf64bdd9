"""What `deterministic: true` costs: the same training in turn with and without it, as ratios from one run.

    python benchmarks/deterministic.py

Each training runs in a process of its own, since the math libraries read their settings once. The first
epoch is not counted.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

SIZES = {
    "mlp 13-64-32-3, batches of 32": {"rows": 3200, "features": 13, "hidden": (64, 32), "batch_size": 32},
    "mlp 784-512-512-10, batches of 256": {"rows": 12800, "features": 784, "hidden": (512, 512), "batch_size": 256},
}
EPOCHS = 6
ROUNDS = 5


def train(size: str, *, deterministic: bool) -> None:
    """Train once and print the seconds of the epochs after the first."""
    from reprise import arithmetic

    if deterministic:
        arithmetic.fix()
    import numpy as np

    from reprise.datasets.store import Subset
    from reprise.networks.mlp import Mlp
    from reprise.training.fit import fit
    from reprise.training.settings import Settings

    chosen = SIZES[size]
    classes = 3 if chosen["features"] == 13 else 10
    draw = np.random.default_rng(0)
    items = draw.normal(size=(chosen["rows"], chosen["features"])).astype(np.float32)
    subset = Subset(items, draw.integers(0, classes, chosen["rows"]))
    settings = Settings(EPOCHS, "one_cycle", EPOCHS, 1e-3, 0.01, chosen["batch_size"], 0, deterministic=deterministic)
    ends: list[float] = []

    class Clock:
        def step(self) -> None:
            pass

        def epoch(self, _: object) -> None:
            ends.append(time.perf_counter())

        def end(self, _: object) -> None:
            pass

    fit(Mlp(chosen["features"], classes, chosen["hidden"], 0.1), subset, subset, settings, [Clock()])
    print(json.dumps(ends[-1] - ends[0]))


def main() -> None:
    """Compare, or train once where the arguments say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", choices=SIZES, help=argparse.SUPPRESS)
    parser.add_argument("--deterministic", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        train(arguments.once, deterministic=arguments.deterministic)
        return
    for size in SIZES:
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(ROUNDS):
            for deterministic, measured in seconds.items():
                command = [sys.executable, __file__, "--once", size, *(["--deterministic"] if deterministic else [])]
                found = subprocess.run(command, capture_output=True, text=True, check=True)
                measured.append(json.loads(found.stdout))
        ratios = [slow / fast for slow, fast in zip(seconds[True], seconds[False], strict=True)]
        print(
            f"{size}: deterministic takes {statistics.median(ratios):.2f} times as long"
            f" (of {ROUNDS} pairs, {min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
