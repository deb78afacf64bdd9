"""What each stage does first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from _checkout import use_checkout

if TYPE_CHECKING:
    from collections.abc import Callable

    from reprise.params import Params


def run(stage: Callable[[Params], None]) -> None:
    """Read `params.yaml`, fix the arithmetic and call `stage`; a person's mistake ends with one line and exit code 1.

    A stage imports what it needs inside its function: numpy and torch must not load before the arithmetic is fixed.
    """
    use_checkout()
    from reprise import arithmetic
    from reprise.errors import one_line_errors
    from reprise.params import read_params

    with one_line_errors():
        params = read_params(Path("params.yaml"))
        if params.deterministic:
            arithmetic.fix()
        stage(params)
