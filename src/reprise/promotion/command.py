"""The command `reprise promote`."""

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from reprise.errors import InputError
from reprise.files import replacing

if TYPE_CHECKING:
    from reprise.promotion.examine import Examination
    from reprise.promotion.tags import Version

LIMITS = Path("benchmarks/limits.yaml")
PARAMS = Path("params.yaml")
# A package of each extra that the checks need.
_PACKAGES = ("dvc", "gto", "yaml", "onnxruntime", "fastapi", "uvicorn", "prometheus_client", "python_multipart")


class PromotionError(InputError):
    """A version did not pass every check."""


def promote_command(tag: str, out: Path | None) -> None:
    """Check the version that a tag names, print what came of it, and leave its bundle at `out` where all is well.

    Raises `PromotionError` where a check fails, `TagError` where the tag names no version, and `InputError` where
    limits, rules or packages are missing, or `out` is something else than a bundle; what stood there before is then as
    it was.
    """
    _check_platform()
    if out is not None:
        _check_replaceable(out)
    from reprise.params import read_params
    from reprise.promotion.examine import examine
    from reprise.promotion.limits import read_limits
    from reprise.promotion.tags import find

    limits, rules = read_limits(LIMITS), read_params(PARAMS).gate
    version, before = find(tag)
    with tempfile.TemporaryDirectory(prefix="reprise-promote-") as folder:
        done = examine(version, before, rules, limits, Path(folder))
        print(_page(version, done), flush=True)  # noqa: T201
        if done.failed:
            raise PromotionError(tag, f"refused by {', '.join(done.failed)}", "a version that passes every check")
        if out is not None:
            with replacing(out) as beside:
                shutil.copytree(Path(folder, "bundle"), beside)


def _check_platform() -> None:
    if sys.platform == "win32":
        raise InputError("reprise promote", "Windows", "Linux or macOS, where a server is told to end by a signal")
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        expected = "those that pip install '.[train,serve]' brings"
        raise InputError("reprise promote", f"no package {missing[0]}", expected)


def _check_replaceable(out: Path) -> None:
    """Raise `InputError` where what is at `out` would be lost, and is no bundle."""
    expected = "a new or empty folder, or a bundle to put another in the place of"
    if out.name in {"", ".."}:
        raise InputError("--out", f"{str(out)!r}, which has no name of its own", expected)
    if out.is_dir():
        if any(out.iterdir()) and not (out / "bundle.json").is_file():
            raise InputError(f"--out {out}", "a folder with files of something else", expected)
    elif out.exists():
        raise InputError(f"--out {out}", "a file", expected)


def _page(version: "Version", done: "Examination") -> str:
    from reprise.promotion.checks import checks_table, log_details
    from reprise.report.gate import verdict_table

    aim = f"{version.name} for {version.stage}" if version.stage else version.name
    verdict = "❌" if done.failed else "✅"
    parts = [f"### {verdict} `{version.tag}`: {version.artifact} {aim}", checks_table(done.checks)]
    if done.verdicts:
        parts.append(f"The gate:\n\n{verdict_table(done.verdicts)}")
    if done.log:
        parts.append(log_details(done.log))
    if done.failed:
        given = f"{version.name} {version.stage}" if version.stage else version.name
        withdraw = f"gto deprecate {version.artifact} {given} --push"
        parts.append(f"The tag stays, and so does what the next version is compared with. To withdraw: `{withdraw}`.")
    return "\n".join(f"{part.rstrip()}\n" for part in parts)
