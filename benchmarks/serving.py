"""Our server beside others of its kind, FastAPI doing nothing, and ONNX Runtime alone in a loop: the limit.

    apt-get install wrk
    python benchmarks/serving.py

All serve the same models, of untrained networks, on this machine, a Linux, to one thread of wrk over 1, 16 and 64
connections: the network of `wine`, a row in each request, and a resnet18 of width 64 at 128 by 128, a JPEG of 500 by
375 in each. Ours has its defaults, metrics and a prediction log in a folder, and serves the model of 8-bit integers as
well. The others answer as a few lines of their own would have them, in `benchmarks/servers`, with the fastest of the
settings that are tried first. They take turns, are started anew each time, and are compared within each round. What
cannot be installed, does not start or answers wrongly is left out, and said.

Start is until the first answer; memory is what is resident of all processes after the load, what they share once. The
limit has no connections: each of its threads, as many as cores, or one where that is faster, has one item at a time.
Installing takes some minutes, once; the rest takes eleven.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from contenders import CONTENDERS, CORES, JSON, NOTHING, SERVERS, Contender, Settings, install
from running import Load, free_port, memory, serving
from table import CONNECTIONS, LIMIT, Round, print_table
from workloads import Workload, workloads

WORKLOADS = Path(__file__).with_name("workloads.py")
LIMITS: tuple[tuple[str, Settings], ...] = ((LIMIT, {}), (f"{LIMIT}, no decoding", {"DECODED": "1"}))
# Requests that are answered before anything is timed.
WARM = 20
# Measures over these connections, for so many seconds each.
Measure = Callable[[Sequence[int], int], Round]


def measure(
    contender: Contender,
    programs: Path,
    workload: Workload,
    settings: Settings,
    connections: Sequence[int],
    seconds: int,
) -> Round:
    """Start a server, check its answer and load it; raise `RuntimeError` where it does not start or answers wrongly."""
    port, content_type = free_port(), contender.content_type(workload.modality)
    with tempfile.TemporaryDirectory() as folder:
        environment = contender.environment(settings, workload.bundle, str(port), Path(folder))
        command = contender.command(programs, str(port), workload.modality)
        start = time.monotonic()
        with serving(command, port, workload.body(content_type), content_type, environment, Path(folder)) as server:
            answer = server.first_answer()
            taken = time.monotonic() - start
            if contender is not NOTHING:
                check(answer["predictions"][0]["probabilities"].values(), workload.expected)
            for _ in range(WARM):
                server.ask()
            loads = {number: server.load(number, seconds) for number in connections}
            return Round(taken, memory(server.process.pid), loads)


def check(found: Iterable[float], expected: Sequence[float]) -> None:
    """Raise `RuntimeError` where probabilities are not those that are expected."""
    found = list(found)
    # Those of float and int8 differ by some 1e-4.
    if len(found) != len(expected) or any(abs(a - b) > 2e-5 for a, b in zip(found, expected, strict=True)):
        raise RuntimeError(f"answers {found}; expected {expected}")


def measure_limit(workload: Workload, settings: Settings, connections: Sequence[int], seconds: int) -> Round:
    """Run the model in a loop."""
    variables = {"BUNDLE": str(workload.bundle), "BODY": str(workload.body(JSON)), **settings}
    start = time.monotonic()
    command = [sys.executable, str(SERVERS / "limit.py"), str(seconds)]
    written = subprocess.run(command, env=os.environ | variables, stdout=subprocess.PIPE, check=True).stdout
    found = json.loads(written)
    load = Load(found["rate"], found["p50"], found["p99"], 0)
    return Round(found["first"] - start, found["memory"], dict.fromkeys(connections, load))


def candidates(programs: Mapping[str, Path], asked: Sequence[Workload]) -> dict[str, dict[str, Measure]]:
    """Return what is compared, by its name and its settings: ours and the limit with every model, others with one."""
    found: dict[str, dict[str, Measure]] = {}
    for number, workload in enumerate(asked):
        suffix = f", {workload.name}" if number else ""
        for contender in CONTENDERS[:1] if number else CONTENDERS:
            if contender.name in programs:
                found[contender.name + suffix] = {
                    described(settings): partial(measure, contender, programs[contender.name], workload, settings)
                    for settings in contender.settings(workload.modality)
                }
        for name, decoded in LIMITS[:1] if number else LIMITS:
            found[name + suffix] = {
                described({"THREADS": threads}): partial(measure_limit, workload, {"THREADS": threads, **decoded})
                for threads in dict.fromkeys(("1", CORES))
            }
    return found


def described(settings: Settings) -> str:
    """Return settings as a few words."""
    return " ".join(f"{name.lower()} {value}" for name, value in settings.items()) or "defaults"


def fastest(name: str, tried: Mapping[str, Measure], seconds: int) -> Measure | None:
    """Return what answers most over 16 connections, and say how many each does; none where all fail."""
    if len(tried) == 1:
        return next(iter(tried.values()))
    rates = {}
    for settings, candidate in tried.items():
        try:
            rates[settings] = candidate([16], seconds).loads[16].rate
        except RuntimeError as error:
            print(f"{name} with {settings} is left out: {error}", flush=True)
    if rates:
        print(f"{name}: " + ", ".join(f"{rate:.0f} a second with {key}" for key, rate in rates.items()), flush=True)
    return tried[max(rates, key=rates.__getitem__)] if rates else None


def compare(programs: Mapping[str, Path], asked: Sequence[Workload], rounds: int, seconds: int) -> int:
    """Choose settings, take turns and print a table; return how many requests failed."""
    print(f"\n{asked[0].name}: {asked[0].unit} a request", flush=True)
    chosen = {name: fastest(name, tried, min(2, seconds)) for name, tried in candidates(programs, asked).items()}
    found: dict[str, list[Round]] = {name: [] for name, candidate in chosen.items() if candidate}
    for _ in range(rounds):
        for name in list(found):
            try:
                found[name].append(chosen[name](CONNECTIONS, seconds))
            except RuntimeError as error:
                print(f"{name} is left out: {error}", flush=True)
                del found[name]
    return print_table(found)


def main() -> None:
    """Print a table of rows and one of pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="for each number of connections")
    parser.add_argument("--quick", action="store_true", help="one round of a second each, to see that it runs")
    default = Path(tempfile.gettempdir(), "reprise-benchmarks")
    parser.add_argument("--environments", type=Path, default=default, help="where the others are installed")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("error: wrk: not found; expected the package wrk")
    programs = {}
    for contender in CONTENDERS:
        try:
            programs[contender.name] = install(contender, arguments.environments)
        except RuntimeError as error:
            print(f"{contender.name} is left out: {error}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: this one stays small, and shares no pages with the servers.
        subprocess.run([sys.executable, str(WORKLOADS), folder], stdout=subprocess.DEVNULL, check=True)
        table, *pictures = workloads(Path(folder))
        rounds, seconds = (1, 1) if arguments.quick else (arguments.rounds, arguments.seconds)
        failed = sum(compare(programs, asked, rounds, seconds) for asked in ([table], pictures))
    if failed:
        sys.exit(f"error: {failed} requests failed; expected an answer to each")


if __name__ == "__main__":
    main()
