"""Arithmetic that gives the same bits on every x86-64 processor with AVX2, whatever its cores and vector width.

Floating-point sums depend on the order of their terms, and the math libraries choose that order by the
processor they find. The variables below ask each of them for one fixed code path; they are read when numpy
and torch load or first compute, so `fix` must come before either is imported.
"""

import os

THREADS = 2

_FIXED = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own kernels
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions
    # The only branch of MKL that Intel promises to agree on processors of other makers too.
    "MKL_CBWR": "COMPATIBLE",
    # A reduction is cut into as many parts as there are threads, so their number may not follow the machine.
    "OMP_NUM_THREADS": str(THREADS),
    "MKL_NUM_THREADS": str(THREADS),
    "MKL_DYNAMIC": "FALSE",
    "OMP_DYNAMIC": "FALSE",
    "OPENBLAS_CORETYPE": "Haswell",  # numpy and scipy
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",  # numpy's own loops
    # shap's helpers would be compiled for the processor at hand, which takes longer than running them as Python.
    "NUMBA_DISABLE_JIT": "1",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # what torch asks of CUDA for deterministic products
}

# What would overrule the above.
_UNSET = ("OMP_THREAD_LIMIT", "OMP_MAX_ACTIVE_LEVELS", "NPY_ENABLE_CPU_FEATURES")


def fix() -> None:
    """Ask the math libraries for one code path, by environment variables; a variable that was set is overruled."""
    os.environ.update(_FIXED)
    for name in _UNSET:
        os.environ.pop(name, None)
