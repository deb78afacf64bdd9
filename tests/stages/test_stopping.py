"""Preprocess with processes of its own, stopped in the middle."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, Project
from platforms import hears_ctrl_c

from stages.test_bad_files import IMAGE, choose, folders


def ppm(number: int) -> bytes:
    return b"P6\n24 24\n255\n" + number.to_bytes(2) * 864


@pytest.fixture
def decoding(done: Project) -> subprocess.Popen[str]:
    """Preprocess on some thousand pictures, by two processes that are at work."""
    folders(done.folder / "data/raw/mine", ".ppm", ppm, each=2000)
    choose(done, IMAGE)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "stages/preprocess.py")],
        cwd=done.folder,
        env=os.environ | {"REPRISE_WORKERS": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a terminal gives it: a signal to the group reaches every process
        **hears_ctrl_c(),
    )
    partial = done.folder / "data/.store.partial/items.npy"
    while not (partial.exists() and partial.stat().st_size > 10_000):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return process


def group(leader: int) -> list[str]:
    """Return the processes of a group that run still."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


def wait_for_none(leader: int) -> None:
    """Wait until no process of a group runs; Python's own that counts shared resources ends a little after the rest."""
    end = time.monotonic() + 20
    while group(leader) and time.monotonic() < end:
        time.sleep(0.1)
    assert group(leader) == []


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_ctrl_c_ends_every_process_and_leaves_the_outputs(done: Project, decoding: subprocess.Popen[str]) -> None:
    before = {name: content for name, content in done.files().items() if ".partial" not in name}
    os.killpg(decoding.pid, signal.SIGINT)
    _, errors = decoding.communicate(timeout=30)
    assert decoding.returncode == 130
    assert errors.strip() == "stopped"
    assert done.files() == before
    assert not (done.folder / "data/.store.partial").exists()
    wait_for_none(decoding.pid)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("stop", ["SIGTERM", "SIGKILL"])
def test_no_process_outlives_the_stage(decoding: subprocess.Popen[str], stop: str) -> None:
    number = getattr(signal, stop)
    assert len(group(decoding.pid)) >= 3
    decoding.send_signal(number)
    assert decoding.wait(timeout=30) == -number
    wait_for_none(decoding.pid)
    decoding.communicate()
