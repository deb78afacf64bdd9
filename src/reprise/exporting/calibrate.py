"""What values the tensors of a graph take over some items."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationMethod
from onnxruntime.quantization.calibrate import MinMaxCalibrater, TensorsData

from reprise.exporting.graph import INPUT
from reprise.files import significant
from reprise.items import Items

_BATCH = 16
# Of a range. The last bits of a float sum follow the processor; so few digits nearly never do.
_DIGITS = 2


class _Batches:
    """Items, as the calibrator asks for them."""

    def __init__(self, items: Items) -> None:
        self._starts = iter(range(0, len(items), _BATCH))
        self._items = items

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        start = next(self._starts, None)
        return None if start is None else {INPUT: np.asarray(self._items[start : start + _BATCH])}


def measure_ranges(path: Path, items: Items, operators: Collection[str]) -> TensorsData:
    """Return the least and the greatest value of every tensor that one of `operators` reads or writes.

    Runs the graph at `path`, beside which it makes files that it does not need any more, over `items` in batches.
    """
    augmented = path.with_name("ranges.onnx")
    calibrator = MinMaxCalibrater(path, tuple(operators), str(augmented))
    calibrator.augment_graph()
    options = ort.SessionOptions()
    # The order of sums must follow neither the number of cores nor what suits the processor.
    options.intra_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    calibrator.infer_session = ort.InferenceSession(augmented, options, providers=["CPUExecutionProvider"])
    calibrator.collect_data(_Batches(items))
    found = calibrator.compute_data().items()
    rounded = {name: tuple(_round(value) for value in tensor.range_value) for name, tensor in found}
    return TensorsData(CalibrationMethod.MinMax, rounded)


def _round(value: NDArray[np.float32]) -> np.float32:
    return np.float32(significant(value.item(), _DIGITS))
