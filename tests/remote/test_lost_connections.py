"""What a push or a pull leaves behind when the network fails in its middle, and that the next one completes it."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from platforms import hears_ctrl_c, signals

from .conftest import Repository, hashes
from .network import Asked, Fault, Network, cut, cut_download, cut_upload, lose_answer, refuse, stall

pytestmark = pytest.mark.long


def errors(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("ERROR: ")]


def stop(process: subprocess.Popen[str], network: Network) -> str:
    """Interrupt DVC once the network is silent, and return what it printed."""
    end = time.monotonic() + 60
    while not network.stalled.wait(0.05):
        assert process.poll() is None, "has ended"
        assert time.monotonic() < end, "does not come to it"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 252
    return out + err


def test_a_push_that_loses_its_connection_ends_with_an_error_and_the_next_completes_it(
    mine: Repository, network: Network, tmp_path: Path
) -> None:
    def fault(asked: Asked) -> Fault | None:
        uploads = sum(past.uploads for past in network.asked)
        return cut_upload if asked.uploads and uploads > 1 else None

    network.fault = fault
    told = errors(mine("impatient push", status=1))
    assert told[-1] == "ERROR: failed to push data to the cloud - 3 files failed to upload"
    assert len(told) == 3
    assert all(line.startswith("ERROR: failed to transfer '") for line in told[:-1])
    assert all(line.endswith("' - Server disconnected") for line in told[:-1])
    # One file is there, whole; the list of the folder, which would vouch for all of them, is not.
    (arrived,) = hashes(network.emulator, tmp_path.name)
    assert not arrived.endswith(".dir")
    network.mend()
    assert "3 files pushed" in mine("dvc push")
    assert len(hashes(network.emulator, tmp_path.name)) == 4
    made = mine.files("made")
    mine.forget()
    mine("dvc pull")
    assert mine.files("made") == made
    assert len(made) == 3


def test_a_pull_that_loses_its_connection_leaves_nothing_and_the_next_completes_it(
    mine: Repository, network: Network
) -> None:
    mine("dvc push")
    whole, cache = mine.files("made"), mine.files(".dvc/cache/files")
    mine.forget()
    network.fault = lambda asked: cut_download if asked.downloads and ".dir" not in asked.path else None
    told = errors(mine("impatient pull", status=1))
    assert told[-1] == "ERROR: failed to pull data from the cloud - 4 files failed to download"
    assert all("Response payload is not completed" in line for line in told[:-1])
    assert mine.files("made", ".dvc/cache/files") == {}
    network.mend()
    mine("dvc pull")
    assert mine.files("made") == whole
    assert mine.files(".dvc/cache/files") == cache


def test_what_fails_now_and_then_is_tried_again_without_a_word(
    mine: Repository, network: Network, tmp_path: Path
) -> None:
    faults = [cut, cut_upload, lose_answer, refuse(503, "Backend Error"), refuse(429, "Too many requests")]

    def fault(asked: Asked) -> Fault | None:
        # Two of three requests fail, each in another way.
        return faults[asked.number % len(faults)] if asked.number % 3 else None

    network.fault = fault
    assert mine("impatient push") == "4 files pushed\n"
    assert len(hashes(network.emulator, tmp_path.name)) == 4


@signals
def test_a_silent_network_is_waited_for_until_someone_interrupts(
    mine: Repository, network: Network, tmp_path: Path
) -> None:
    network.fault = lambda asked: stall if asked.uploads else None
    assert errors(stop(mine.start("dvc push", **hears_ctrl_c()), network)) == ["ERROR: interrupted by the user"]
    assert hashes(network.emulator, tmp_path.name) == set()
    network.mend()
    assert mine("dvc push") == "4 files pushed\n"
    whole = mine.files("made")
    mine.forget()
    network.stalled.clear()
    network.mended.clear()
    network.fault = lambda asked: stall if asked.downloads and ".dir" not in asked.path else None
    assert errors(stop(mine.start("dvc pull", **hears_ctrl_c()), network)) == ["ERROR: interrupted by the user"]
    assert mine.files("made", ".dvc/cache/files") == {}
    network.mend()
    mine("dvc pull")
    assert mine.files("made") == whole
