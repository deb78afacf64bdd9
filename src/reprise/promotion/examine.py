"""The checks of one version, from its bundle to the gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reprise.bundle import Bundle, read_bundle
from reprise.errors import ArtifactError, InputError
from reprise.params import Rule
from reprise.promotion.checks import Check, failure
from reprise.promotion.fetch import fetch
from reprise.promotion.limits import Limits
from reprise.promotion.server import tail
from reprise.promotion.tags import Version
from reprise.promotion.trial import try_server
from reprise.report.gate import Verdict, judge


@dataclass
class Examination:
    """What came of the checks; `log` is that of a server that failed."""

    checks: list[Check] = field(default_factory=list)
    verdicts: Sequence[Verdict] = ()
    log: str = ""

    @property
    def failed(self) -> list[str]:
        """The names of the checks that failed."""
        return list(dict.fromkeys(one.name for one in self.checks if one.passed is False))


@dataclass(frozen=True)
class Previous:
    """The version to compare with, where it could be fetched, and its bundle; else why there is none."""

    version: Version | None
    bundle: Bundle | None = None
    error: InputError | None = None


def examine(
    version: Version, before: Version | None, rules: Sequence[Rule], limits: Limits, folder: Path
) -> Examination:
    """Check a version against limits, and its metrics by the rules against those of the one before.

    Works in `folder`, where `bundle` is then what was fetched.
    """
    done = Examination()
    stage = f" for {version.stage}" if version.stage else ""
    done.checks.append(Check("tag", f"{version.name}{stage}, commit {version.commit[:12]}", "a version"))
    bundle = _bundle(version, folder / "bundle", done)
    if bundle is None:
        return done
    previous = _previous(before, folder / "before")
    same = previous.bundle is not None and previous.bundle.task == bundle.task
    done.checks += try_server(folder / "bundle", folder / "before" if same else None, limits, folder / "server.log")
    if done.failed:
        done.log = tail(folder / "server.log")
    _gate(bundle, previous, version.stage, rules, done)
    return done


def _bundle(version: Version, folder: Path, done: Examination) -> Bundle | None:
    try:
        fetch(version, folder)
        bundle = read_bundle(folder)
    except InputError as error:
        done.checks.append(failure("bundle", _without(folder, error)))
        return None
    found = f"{bundle.task}, {bundle.served.file} of SHA-256 {bundle.served.sha256[:12]}"
    done.checks.append(Check("bundle", found, "all of its files, as bundle.json names them"))
    return bundle


def _previous(before: Version | None, folder: Path) -> Previous:
    if before is None:
        return Previous(None)
    try:
        fetch(before, folder)
        return Previous(before, read_bundle(folder))
    except InputError as error:
        return Previous(before, error=_without(folder, error))


def _gate(bundle: Bundle, previous: Previous, stage: str | None, rules: Sequence[Rule], done: Examination) -> None:
    expected = "no broken rule of params.yaml"
    if previous.error is not None:
        done.checks.append(failure("gate", previous.error))
        return
    against = previous.bundle
    if against is not None and previous.version is not None and against.task != bundle.task:
        found = f"{previous.version.name} is of another task, {against.task}: not compared"
        done.checks.append(Check("gate", found, expected, passed=None))
        return
    done.verdicts = judge(rules, None if against is None else against.metrics, bundle.metrics)
    broken = [one.rule.metric for one in done.verdicts if one.broken]
    where = "the first version" + (f" in {stage}" if stage else "")
    if previous.version is not None:
        where = f"against {previous.version.name}" + (f", which is in {stage}" if stage else "")
    found = f"{', '.join(broken) or 'nothing'} broken, {where}"
    passed = not broken if broken or previous.version is not None else None
    done.checks.append(Check("gate", found, expected, passed))


def _without(folder: Path, error: InputError) -> InputError:
    """Return an error that names files as they are called in the bundle: the temporary folder is soon gone."""
    where, _, rest = str(error).replace(f"{folder}/", "").partition(": ")
    found, _, expected = rest.rpartition("; expected ")
    return ArtifactError(where, found, expected)
