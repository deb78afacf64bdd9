import os
import subprocess
import sys

import pytest

from reprise import arithmetic


def test_fix_overrules_what_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    arithmetic.fix()
    assert os.environ["OMP_NUM_THREADS"] == str(arithmetic.THREADS)


def test_the_libraries_listen() -> None:
    """What is fixed by environment variables is seen by torch and numpy, if they load after it."""
    script = """
from reprise import arithmetic
arithmetic.fix()
import numpy, torch
from numpy._core._multiarray_umath import __cpu_features__ as features
import os
threads = 0 if "OMP_THREAD_LIMIT" in os.environ else torch.get_num_threads()
print(threads, torch.backends.cpu.get_cpu_capability(), features.get("X86_V3", False))
"""
    hostile = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "NPY_ENABLE_CPU_FEATURES": "AVX2"}
    environment = os.environ | hostile | {"ATEN_CPU_CAPABILITY": "default"}
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    threads, capability, wide = found.stdout.split()
    assert int(threads) == arithmetic.THREADS
    assert wide == "False"
    # Another processor family has its own names.
    assert capability in {"AVX2", "DEFAULT", "NO AVX"}
