"""ONNX Runtime sends its maker nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SESSION = "import time, reprise.serving.model as m; m.load_model(m.Path(r'{}'), 10**9, 9.0); time.sleep(1)"


@pytest.mark.long
def test_a_session_leaves_no_trace_of_telemetry(trained, tmp_path: Path) -> None:
    """With telemetry on, it keeps a database of what it will send in the home folder."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    code = SESSION.format(trained("wine").folder / "models/bundle")
    subprocess.run([sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
