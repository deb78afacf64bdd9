"""The command `reprise`.

Each subcommand imports what it needs: the image that serves has none of what the pipeline needs.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from reprise.errors import DataError, one_line_errors


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the subcommands."""
    parser = argparse.ArgumentParser(prog="reprise", description="What the pipeline does not do by itself.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check_parser = commands.add_parser("check", help="check params.yaml and that the data are there, before any work")
    pushed = "also that a remote, by default the default one, has all that DVC tracks"
    check_parser.add_argument("--pushed", nargs="?", const="", metavar="REMOTE", help=pushed)
    check_parser.set_defaults(run=lambda given: check(given.pushed))
    serve_parser = commands.add_parser("serve", help="serve a bundle over HTTP; settings are environment variables")
    serve_parser.add_argument("bundle", nargs="?", help="a folder or a URL; without, REPRISE_BUNDLE or models/bundle")
    serve_parser.set_defaults(run=lambda given: serve(given.bundle))
    drift_parser = commands.add_parser("drift", help="tell how far what was asked lies from what was trained on")
    drift_parser.add_argument("log", nargs="+", type=Path, help="files of the prediction log")
    drift_parser.add_argument("--bundle", type=Path, default=Path("models/bundle"), help="the bundle that answered")
    drift_parser.set_defaults(run=lambda given: drift(given.log, given.bundle))
    report_parser = commands.add_parser("report", help="write what changed since another revision, as Markdown")
    report_parser.add_argument("--base", default="origin/main", help="a branch, commit or experiment (%(default)s)")
    report_parser.add_argument("--output", default="report.md", help="a file, or - for the screen (%(default)s)")
    parts = report_parser.add_mutually_exclusive_group()
    parts.add_argument("--data", action="store_true", help="the data alone")
    parts.add_argument("--line", action="store_true", help="one line")
    parts.add_argument("--images", action="store_true", help="with pictures, which CML puts on a public host")
    report_parser.set_defaults(run=report)
    gate_parser = commands.add_parser("gate", help="exit with 1 where a metric got worse than params.yaml allows")
    gate_parser.add_argument("--base", default="origin/main", help="a branch, commit or experiment (%(default)s)")
    gate_parser.set_defaults(run=lambda given: gate(given.base))
    promote_parser = commands.add_parser("promote", help="check a registered version before it is deployed")
    promote_parser.add_argument("tag", help="a tag of gto, as model@v1.2.0 or model#prod#2")
    promote_parser.add_argument(
        "--out", type=Path, help="a new or empty folder, or a bundle to replace, where all checks pass"
    )
    promote_parser.set_defaults(run=lambda given: promote(given.tag, given.out))
    sweep_parser = commands.add_parser("sweep", help="try settings that Optuna chooses; each trial is an experiment")
    sweep_parser.add_argument("space", nargs="+", metavar="KEY=SPACE", help="LOW:HIGH, log:LOW:HIGH, A,B,C or a value")
    sweep_parser.add_argument("--trials", type=int, default=20, help="how many the study is to have (%(default)s)")
    sweep_parser.add_argument("--study", help="its name; without, from the task and what varies")
    sweep_parser.add_argument("--storage", help="the URL of a database; without, sweeps/studies.db")
    sweep_parser.add_argument(
        "--metric", default="val.loss", help="KEY of training's metrics, or FILE:KEY (%(default)s)"
    )
    sweep_parser.add_argument("--direction", choices=("minimize", "maximize"))
    sweep_parser.set_defaults(run=sweep)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe on Windows would take no ✅
            stream.reconfigure(encoding="utf-8")
    with one_line_errors():
        given = parser.parse_args(arguments)
        given.run(given)


def check(remote: str | None) -> None:
    """Check `params.yaml`, that the data of the chosen task are there or can be made, and what a remote has of it."""
    from reprise.params import read_params

    params = read_params(Path("params.yaml"))
    if params.data == "raw" and not params.source.exists():
        raise DataError(str(params.source), "no such file or folder", "your data, by `dvc add` or `dvc import-url`")
    maker = find_spec(f"reprise.samples.{params.task}")
    if params.data == "sample" and maker is None and not params.source.exists():
        raise DataError(str(params.source), "no such folder, and no sample to make it from", "data: raw in params.yaml")
    print(f"params.yaml: task {params.task} from {params.source.as_posix()}")
    if remote is not None:
        from reprise.pushed import check_pushed

        check_pushed(remote or None)


def serve(bundle: str | None) -> None:
    """Serve a bundle, by default the one that the environment names."""
    import os

    from reprise.serving.main import serve as run
    from reprise.serving.settings import read_settings

    if bundle is not None:
        # The processes of the server read their settings from there.
        os.environ["REPRISE_BUNDLE"] = bundle
    run(read_settings())


def drift(logs: Sequence[Path], bundle: Path) -> None:
    """Print how far the inputs in a prediction log lie from those that the model was trained on."""
    from reprise.monitoring.report import drift_command

    drift_command(logs, bundle)


def report(given: argparse.Namespace) -> None:
    """Write what changed since another revision."""
    from reprise.report.write import report_command

    report_command(given.base, given.output, given.data, given.line, given.images)


def gate(base: str) -> None:
    """Hold the metrics to the rules in `params.yaml`."""
    from reprise.report.write import gate_command

    gate_command(base)


def promote(tag: str, out: Path | None) -> None:
    """Check the version that a tag names, and leave its bundle at `out` where it passes."""
    from reprise.promotion.command import promote_command
    from reprise.signals import as_interrupts

    with as_interrupts():
        promote_command(tag, out)


def sweep(given: argparse.Namespace) -> None:
    """Try settings until a study has as many trials as asked for."""
    from reprise.sweep.run import sweep_command

    sweep_command(given)
