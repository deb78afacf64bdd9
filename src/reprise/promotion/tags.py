"""Versions and stages of artifacts, which gto keeps in git's tags."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gto import api
from gto.exceptions import GTOException
from gto.versions import SemVer
from scmrepo.exceptions import SCMError

from reprise.commands import CommandError, git
from reprise.errors import InputError
from reprise.report.side import Side

_UNDONE = {"unassignment": "takes {version} out of {stage}", "deregistration": "withdraws {version}"}
_EXPECTED = "one that registers or assigns a version, as model@v1.2.0 or model#prod#1"


class TagError(InputError):
    """A tag does not name a version that can be promoted."""


@dataclass(frozen=True)
class Event:
    """What one tag of gto says; `number` is what it ends in, 0 without."""

    tag: str
    artifact: str
    kind: str
    version: str
    stage: str | None
    commit: str

    @property
    def number(self) -> int:
        """The number that gto counts the assignments of an artifact by."""
        found = re.search(r"#(\d+)$", self.tag)
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class Version:
    """A version of an artifact: its commit, and where in it DVC keeps it; `stage` where the tag assigns it to one."""

    tag: str
    artifact: str
    name: str
    stage: str | None
    commit: str
    path: str


def find(tag: str) -> tuple[Version, Version | None]:
    """Return the version that a tag registers or assigns, and the one to compare it with, where there is one.

    That is the version that was in the stage before; for a tag that registers, the one before by its number. The same
    version, and one that was withdrawn, is left out. Raises `TagError` where the tag is unknown, does neither, was
    withdrawn itself, or is of an artifact that dvc.yaml does not have.
    """
    events = _history()
    event = next((one for one in events if one.tag == tag), None)
    if event is None:
        raise _unknown(tag)
    events = [one for one in events if one.artifact == event.artifact]
    _check_stands(event, events)
    before = _registered_before(event, events) if event.stage is None else _assigned_before(event, events)
    return _version(event), None if before is None else _version(before)


def _history() -> list[Event]:
    """Return what all tags of gto say, the oldest first."""
    try:
        found = api.history(".", ascending=True)
    except (GTOException, SCMError) as error:
        raise TagError(".", str(error), "a clone of the project") from None
    return [
        Event(one["ref"], one["artifact"], one["event"], one["version"] or "", one["stage"], one["commit"])
        for one in found
    ]


def _unknown(tag: str) -> TagError:
    try:
        kind = git("cat-file", "-t", f"refs/tags/{tag}").strip()
    except CommandError:
        return TagError(tag, "no such tag here", f"{_EXPECTED}; git fetch --tags brings those of the remote")
    if kind != "tag":
        # What actions/checkout makes of the tag that it was started by.
        return TagError(
            tag, "a tag without a message, which gto does not read", "that of the remote: git fetch --tags --force"
        )
    return TagError(tag, "no tag of gto", _EXPECTED)


def _check_stands(event: Event, events: Sequence[Event]) -> None:
    if event.kind not in {"registration", "assignment"}:
        told = _UNDONE.get(event.kind, event.kind).format(version=event.version, stage=event.stage)
        raise TagError(event.tag, f"{told}; nothing to promote", _EXPECTED)
    if not event.version.startswith("v"):
        raise TagError(event.tag, "a commit without a version", "a registered one; git fetch --tags brings its tag")
    if event.version not in _registered(events):
        raise TagError(event.tag, f"{event.version} was withdrawn", "a version that is registered")
    undone = [
        one.tag
        for one in events
        if (one.kind, one.stage, one.version) == ("unassignment", event.stage, event.version)
        and one.number > event.number
    ]
    if event.stage is not None and undone:
        raise TagError(event.tag, f"withdrawn by {undone[0]}", "an assignment that stands")


def _registered(events: Sequence[Event]) -> dict[str, Event]:
    """Return the versions that are registered and were not withdrawn."""
    found: dict[str, Event] = {}
    for one in events:
        if one.kind == "registration":
            found[one.version] = one
        elif one.kind == "deregistration":
            found.pop(one.version, None)
        elif one.kind == "deprecation":
            found.clear()
    return found


def _registered_before(event: Event, events: Sequence[Event]) -> Event | None:
    older = [one for one in _registered(events).values() if SemVer(one.version) < SemVer(event.version)]
    return max(older, key=lambda one: SemVer(one.version), default=None)


def _assigned_before(event: Event, events: Sequence[Event]) -> Event | None:
    registered = _registered(events)
    found: dict[str, Event] = {}
    for one in sorted(_of_stage(event, events), key=lambda one: one.number):
        found.pop(one.version, None)
        if one.kind == "assignment":
            found[one.version] = one
    return next((one for one in reversed(found.values()) if one.version in registered), None)


def _of_stage(event: Event, events: Sequence[Event]) -> Iterator[Event]:
    """Yield what was said of other versions in a stage before."""
    for one in events:
        if one.stage == event.stage and one.number < event.number and one.version != event.version:
            yield one


def _version(event: Event) -> Version:
    declared = Side(event.tag, event.commit).yaml("dvc.yaml").get("artifacts") or {}
    if event.artifact not in declared:
        known = ", ".join(declared) or "none"
        raise TagError(event.tag, f"{event.artifact}, no artifact in dvc.yaml", f"one that is declared there: {known}")
    path = declared[event.artifact]["path"]
    return Version(event.tag, event.artifact, event.version, event.stage, event.commit, path)
