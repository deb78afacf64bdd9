"""How the models of a bundle are run: a call on one thread, and with the same integers on every processor."""

from functools import cache

import numpy as np
import onnxruntime as ort

# The ONNX graph c = MatMulInteger(a, b) for uint8 a and int8 b.
_PRODUCT = (
    b'\x08\n:=\n\x18\n\x01a\n\x01b\x12\x01c"\rMatMulInteger\x12\x00Z\t\n\x01a\x12\x04\n\x02\x08\x02'
    b"Z\t\n\x01b\x12\x04\n\x02\x08\x03b\t\n\x01c\x12\x04\n\x02\x08\x06B\x04\n\x00\x10\x14"
)


def session_options() -> ort.SessionOptions:
    """Return options of one thread, under which a model in integers answers the same on every x86-64 processor."""
    options = ort.SessionOptions()
    # Calls of several clients share the cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    if _saturates():
        # Exact there, and slower, also where it is not needed.
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


@cache
def _saturates() -> bool:
    """Tell whether this processor cuts the sum of two products of 8 bits off at 16: x86-64 ones without VNNI do."""
    session = ort.InferenceSession(_PRODUCT, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"a": np.full((1, 2), 255, np.uint8), "b": np.full((2, 1), 127, np.int8)})
    return bool(found.item() != 2 * 255 * 127)
