"""The memory that preparing a store takes, for 1,000 pictures and for 10,000.

    python benchmarks/memory.py

Each number of pictures is prepared in a process of its own, with two more that decode. The peaks are the largest
resident sizes, as Linux counts them for each program (`VmHWM`): `ru_maxrss` of a process that was started from another
would also count the pages of that one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import chdir
from multiprocessing import active_children
from pathlib import Path

from training import settings, write_photos

from reprise import arithmetic

SIZES = (1_000, 10_000)


def peak(process: int | str) -> float:
    """Return the largest resident size of a process so far, in megabytes; 0 where it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def prepare_once() -> tuple[float, float]:
    """Prepare the pictures of the current folder; return the peak of this process and of the largest that decodes."""
    from reprise.datasets.prepare import prepare

    seen, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            seen.extend(peak(child.pid) for child in active_children())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    prepare(settings(), Path("store"), workers=2)
    done.set()
    watcher.join()
    return peak("self"), max(seen)


def main() -> None:
    """Print the peaks of both sizes and their ratio, or prepare once where the arguments say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pictures, to see that it runs")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arithmetic.fix()
    if arguments.once:
        print(json.dumps(prepare_once()))
        return
    peaks = []
    for size in SIZES:
        pictures = size // 10 if arguments.quick else size
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            write_photos(pictures, 96, 96)
            found = subprocess.run([sys.executable, __file__, "--once"], stdout=subprocess.PIPE, check=True)
            stored = Path("store/items.npy").stat().st_size / 2**20
        peaks.append(json.loads(found.stdout))
        own, child = peaks[-1]
        row = f"{pictures:6} pictures, {stored:3.0f} MB in the store: {own:4.0f} MB"
        print(f"{row}, and {child:4.0f} MB in a process that decodes", flush=True)
    (few, few_child), (many, many_child) = peaks
    print(f"ratio: {many / few:.2f}, and {many_child / few_child:.2f}")


if __name__ == "__main__":
    main()
