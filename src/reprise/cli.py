"""The command `reprise`."""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from reprise.errors import DataError, one_line_errors
from reprise.params import read_params


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the subcommands."""
    parser = argparse.ArgumentParser(prog="reprise", description="What the pipeline does not do by itself.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check_parser = commands.add_parser("check", help="check params.yaml and that the data are there, before any work")
    check_parser.set_defaults(run=check)
    with one_line_errors():
        parser.parse_args(arguments).run()


def check() -> None:
    """Check `params.yaml` and that the data of the chosen task are there or can be made."""
    params = read_params(Path("params.yaml"))
    if params.data == "raw" and not params.source.exists():
        raise DataError(str(params.source), "no such file or folder", "your data, by `dvc add` or `dvc import-url`")
    maker = find_spec(f"reprise.samples.{params.task}")
    if params.data == "sample" and maker is None and not params.source.exists():
        raise DataError(str(params.source), "no such folder, and no sample to make it from", "data: raw in params.yaml")
    print(f"params.yaml: task {params.task} from {params.source}")
