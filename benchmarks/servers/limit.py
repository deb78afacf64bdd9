"""ONNX Runtime alone: threads that decode the body and run the model in a loop, for so many seconds.

Writes one line of JSON: when the first answer was there, on the clock of the machine; answers a second; milliseconds.
With DECODED set each thread decodes the body once, before.
"""

import base64
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plain import THREADS, Model

MODEL, BODY = Model(), Path(os.environ["BODY"]).read_bytes()


def decode() -> NDArray[Any]:
    """Return the item of the body."""
    instances = json.loads(BODY)["instances"]
    return MODEL.rows(instances) if MODEL.size is None else MODEL.picture(base64.b64decode(instances[0]["b64"]))


def loop(end: float) -> list[float]:
    """Return how long each answer took until `end`."""
    taken, items = [], decode()
    while (start := time.monotonic()) < end:
        MODEL.run(items if "DECODED" in os.environ else decode())
        taken.append(time.monotonic() - start)
    return taken


def main() -> None:
    """Run the threads."""
    MODEL.run(decode())
    first, seconds = time.monotonic(), float(sys.argv[1])
    with ThreadPoolExecutor(THREADS) as pool:
        taken = np.concatenate(list(pool.map(loop, [first + seconds] * THREADS)))
    pss = next(line for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    p50, p99 = np.percentile(taken, [50, 99]) * 1000
    found = {"first": first, "rate": len(taken) / seconds, "p50": p50, "p99": p99, "memory": int(pss.split()[1]) / 1024}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
