import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from emulator import google_storage
from fsspec.implementations.memory import MemoryFileSystem
from platforms import TICK, WINDOWS, removes_open_files

from reprise.serving import upload
from reprise.serving.prediction_log import PredictionLog, open_log

LONG = 3600.0
# Writes numbered lines, and waits in the middle of the next and of an upload for being killed.
KILLED = """
import sys, time
from fsspec.implementations.memory import MemoryFileSystem
from reprise.serving.prediction_log import open_log
MemoryFileSystem.put_file = lambda *_: time.sleep(60)
log = open_log(sys.argv[1], int(sys.argv[2]), 3600.0, lambda: None, sys.argv[3])
for number in range(100):
    log.write(b"%099d\\n" % number)
log.write(b"half a line")
sys.stdout.write("written")
sys.stdout.flush()
sys.stdin.read()
"""


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def __call__(self) -> None:
        self.value += 1


class Bucket:
    """A folder of fsspec's file system in memory, the local folder of what waits for it, and its failures."""

    def __init__(self, name: str, spool: Path) -> None:
        self.url = f"memory://{name}/log"
        self.root = f"/{name}/log"
        self.spool = spool
        self.failed = Counter()

    def open(self, part_bytes: int = 10_000, part_seconds: float = LONG) -> PredictionLog:
        return open_log(self.url, part_bytes, part_seconds, self.failed, str(self.spool))

    @property
    def names(self) -> list[str]:
        return sorted(Path(name).name for name in MemoryFileSystem.store if name.startswith(self.root + "/"))

    def read(self) -> bytes:
        return b"".join(MemoryFileSystem().cat_file(f"{self.root}/{name}") for name in self.names)

    @property
    def waiting(self) -> list[Path]:
        return sorted(self.spool.glob("*/predictions-*.jsonl"))


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch) -> Bucket:
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    return Bucket("bucket", tmp_path / "spool")


def until(happened: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "has not happened"
        time.sleep(0.005)


def line(number: int) -> bytes:
    return b"%099d\n" % number


def lines(*numbers: int) -> bytes:
    return b"".join(map(line, numbers))


def test_a_part_is_uploaded_some_time_after_its_first_line(bucket: Bucket) -> None:
    log = bucket.open(part_seconds=0.3)
    start = time.monotonic()
    log.write(line(0))
    assert len(bucket.waiting) == 1
    assert WINDOWS or bucket.waiting[0].stat().st_mode & 0o077 == 0  # there, rights are not in the mode
    log.write(line(1))
    assert bucket.names == []
    until(lambda: bucket.names and not bucket.waiting)
    assert 0.3 - TICK <= time.monotonic() - start < 5
    assert bucket.read() == lines(0, 1)
    log.write(line(2))
    until(lambda: len(bucket.names) == 2)
    log.close()
    assert bucket.read() == lines(0, 1, 2)
    assert bucket.failed.value == 0


def test_a_full_part_is_uploaded_at_once_and_the_rest_at_the_end(bucket: Bucket) -> None:
    log = bucket.open(part_bytes=1000)
    for number in range(35):
        log.write(line(number))
    until(lambda: len(bucket.names) == 3 and len(bucket.waiting) == 1)
    assert bucket.read() == lines(*range(30))
    log.close()
    assert bucket.read() == lines(*range(35))
    assert bucket.waiting == []
    assert len({name.rsplit("-", 1)[0] for name in bucket.names}) <= 2


class Storage:
    """Does to what is uploaded what a network does: `faults` are taken one for each upload."""

    def __init__(self, monkeypatch) -> None:
        self.faults: list[Callable[[Path], bytes]] = []
        self.put: list[str] = []
        real = MemoryFileSystem.put_file

        def put_file(files: MemoryFileSystem, local: str, remote: str, **options: object) -> None:
            self.put.append(Path(local).name)
            if self.faults:
                files.pipe_file(remote, self.faults.pop(0)(Path(local)))
            else:
                real(files, local, remote, **options)

        monkeypatch.setattr(MemoryFileSystem, "put_file", put_file)
        monkeypatch.setattr(upload, "_FIRST_PAUSE", 0.02)


def unreachable(_: Path) -> bytes:
    raise ConnectionError("cannot connect\nat all")


def test_an_upload_that_failed_is_tried_again_until_it_succeeds(bucket: Bucket, monkeypatch, caplog) -> None:
    storage = Storage(monkeypatch)
    storage.faults = [unreachable] * 4
    log = bucket.open(part_bytes=1000)
    for number in range(25):
        log.write(line(number))
    until(lambda: len(bucket.names) == 2)
    assert bucket.failed.value == 4
    log.close()
    assert bucket.read() == lines(*range(25))
    assert bucket.waiting == []
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == f"prediction log: uploading to {bucket.url} fails: cannot connect at all; predictions go on"
    assert told[1:] == [f"prediction log: uploading to {bucket.url} works again; failures: 4"]
    assert all(record.exc_info is None for record in caplog.records)


def test_the_pauses_between_tries_grow(bucket: Bucket, monkeypatch) -> None:
    storage = Storage(monkeypatch)
    tries: list[float] = []

    def note(path: Path) -> bytes:
        tries.append(time.monotonic())
        return unreachable(path)

    storage.faults = [note] * 5
    log = bucket.open(part_bytes=100)
    log.write(line(0))
    log.write(line(1))
    until(lambda: len(tries) >= 3)
    # A part that becomes full in a pause does not end it.
    log.write(line(2))
    until(lambda: len(bucket.names) == 2)
    log.close()
    pauses = [after - before for before, after in itertools.pairwise(tries)]
    assert all(pause >= 0.02 * 2**number - TICK for number, pause in enumerate(pauses))


def test_what_arrived_only_in_part_is_kept_and_sent_again(bucket: Bucket, monkeypatch, caplog) -> None:
    storage = Storage(monkeypatch)
    storage.faults = [lambda path: path.read_bytes()[:150]]
    log = bucket.open(part_bytes=300)
    for number in range(4):
        log.write(line(number))
    until(lambda: len(storage.put) == 2)
    log.close()
    assert "150 bytes arrived of 300" in caplog.text
    assert bucket.failed.value == 1
    assert bucket.read() == lines(0, 1, 2, 3)


def test_a_part_that_is_always_refused_does_not_stand_in_the_way(bucket: Bucket, monkeypatch) -> None:
    storage = Storage(monkeypatch)
    real = MemoryFileSystem.put_file

    def refuse_first(files: MemoryFileSystem, local: str, remote: str, **options: object) -> None:
        if local.endswith("-000000.jsonl"):
            raise PermissionError("may not be overwritten")
        real(files, local, remote, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", refuse_first)
    log = bucket.open(part_bytes=100)
    for number in range(4):
        log.write(line(number))
    until(lambda: len(bucket.names) == 2)
    log.close()
    assert len(bucket.names) == 3
    assert storage.put == bucket.names
    assert [path.read_bytes() for path in bucket.waiting] == [line(0)]


def test_a_storage_that_cannot_be_opened_does_not_stop_the_log(bucket: Bucket, monkeypatch) -> None:
    monkeypatch.setattr(upload, "_FIRST_PAUSE", 0.02)
    with monkeypatch.context() as broken:

        def refuse(url: str) -> None:
            raise RuntimeError(f"no credentials for {url}")

        broken.setattr(upload, "url_to_fs", refuse)
        log = bucket.open(part_bytes=100)
        log.write(lines(0, 1))
        log.write(line(2))
        until(lambda: bucket.failed.value >= 2)
    until(lambda: len(bucket.names) == 1)
    log.close()
    assert bucket.read() == lines(0, 1, 2)


def killed(bucket: Bucket, part_bytes: int) -> None:
    command = [sys.executable, "-c", KILLED, bucket.url, str(part_bytes), str(bucket.spool)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.read(7) == b"written"
        process.kill()


@pytest.mark.parametrize("part_bytes", [100_000, 2000])
def test_what_a_killed_process_left_is_uploaded_by_the_next_without_half_a_line(
    bucket: Bucket, part_bytes: int
) -> None:
    killed(bucket, part_bytes)
    assert len(bucket.waiting) == (1 if part_bytes == 100_000 else 6)
    log = bucket.open()
    until(lambda: not bucket.waiting)
    assert bucket.read() == lines(*range(100))
    log.close()
    assert bucket.failed.value == 0


@pytest.mark.parametrize("content", [b"half a li", b""])
def test_what_has_no_whole_line_is_removed(bucket: Bucket, content: bytes) -> None:
    bucket.open().close()
    (folder,) = bucket.spool.iterdir()
    part = folder / "predictions-20300101T000000Z-dead-1-00000000-000000.jsonl"
    part.write_bytes(content)
    os.utime(part, (0, 0))
    bucket.open().close()
    assert bucket.names == []
    assert bucket.waiting == []


def test_what_a_living_process_writes_is_left_to_it(bucket: Bucket) -> None:
    first = bucket.open()
    first.write(line(0))
    second = bucket.open()
    second.write(line(1))
    second.close()
    assert bucket.read() == line(1)
    first.write(line(2))
    first.close()
    assert sorted(bucket.read().splitlines(keepends=True)) == [line(0), line(1), line(2)]
    assert bucket.failed.value == 0


def test_the_end_is_bounded_and_the_rest_stays_for_the_next_start(bucket: Bucket, monkeypatch, caplog) -> None:
    storage = Storage(monkeypatch)
    network = threading.Event()

    def hang(path: Path) -> bytes:
        network.wait(30)
        return unreachable(path)

    storage.faults = [hang]
    monkeypatch.setattr(upload, "_CLOSE_SECONDS", 0.2)
    log = bucket.open()
    log.write(lines(0, 1))
    start = time.monotonic()
    log.close()
    assert 0.2 - TICK <= time.monotonic() - start < 3
    assert "not all was uploaded" in caplog.text
    assert [path.read_bytes() for path in bucket.waiting] == [lines(0, 1)]
    network.set()
    until(lambda: bucket.failed.value >= 1)
    bucket.open().close()
    until(lambda: not bucket.waiting)
    assert bucket.read() == lines(0, 1)


def test_logs_of_two_places_share_a_spool(bucket: Bucket, monkeypatch) -> None:
    storage = Storage(monkeypatch)
    storage.faults = [unreachable] * 10
    log = bucket.open()
    log.write(line(0))
    log.close()
    storage.faults = []
    other = Bucket("other", bucket.spool)
    log = other.open()
    log.write(line(1))
    log.close()
    assert other.read() == line(1)
    bucket.open().close()
    assert bucket.read() == line(0)


@removes_open_files
def test_a_spool_removed_under_us_is_made_again(bucket: Bucket) -> None:
    log = bucket.open()
    log.write(line(0))
    shutil.rmtree(bucket.spool)
    log.write(line(1))
    log.close()
    assert bucket.read() == line(1)


@pytest.fixture
def emulator() -> Iterator[str]:
    with google_storage("logs") as url:
        yield url


@pytest.mark.long
def test_a_killed_server_and_the_next_one_lose_nothing_on_the_way_to_google_storage(
    emulator: str, tmp_path: Path
) -> None:
    environment = os.environ | {"STORAGE_EMULATOR_HOST": emulator, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
    command = [sys.executable, "-c", KILLED, "gs://logs/some/folder", "2000", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.read(7) == b"written"
        process.kill()
    assert list(tmp_path.glob("*/predictions-*"))
    script = """
import sys
import gcsfs
from reprise.serving.prediction_log import open_log
log = open_log("gs://logs/some/folder/", 2000, 3600.0, lambda: sys.exit(3), sys.argv[1])
log.write(b"%099d\\n" % 100)
log.close()
files = gcsfs.GCSFileSystem()
for name in sorted(files.find("logs/some/folder")):
    sys.stdout.buffer.write(files.cat_file(name))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], env=environment, capture_output=True, check=True, timeout=60
    )
    assert sorted(done.stdout.splitlines(keepends=True)) == [line(number) for number in range(101)]
    assert done.stderr == b""
    assert list(tmp_path.glob("*/predictions-*")) == []
