"""A machine-learning task from raw files to a served model, the same byte for byte each time."""

import os

# Read when ONNX Runtime is imported: without it, it sends its maker word of each session.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
