"""Make the embedded sample data of one task: `python stages/sample.py wine` writes data/sample/wine."""

import argparse
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from _checkout import use_checkout


def main(task: str, folder: Path) -> None:
    """Write the sample data of `task` to `folder`."""
    use_checkout()
    from reprise.errors import InputError, one_line_errors
    from reprise.files import replacing

    with one_line_errors():
        if find_spec(f"reprise.samples.{task}") is None:
            raise InputError("task", repr(task), "the name of a module in reprise.samples")
    maker = import_module(f"reprise.samples.{task}")
    with one_line_errors(), replacing(folder) as beside:
        beside.mkdir()
        maker.make(beside)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", help="the name of a module in reprise.samples")
    root = Path(__file__).resolve().parents[1]
    task = parser.parse_args().task
    main(task, root / "data" / "sample" / task)
