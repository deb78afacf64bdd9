import errno
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from platforms import WINDOWS, removes_open_files

from reprise.errors import InputError
from reprise.serving.prediction_log import PredictionLog, open_log

# Writes numbered lines, and tells each number once its write has returned.
WRITER = """
import itertools, os, sys
from reprise.serving.prediction_log import open_log
log = open_log(sys.argv[1], int(sys.argv[2]), 3600.0, lambda: os._exit(3), sys.argv[4])
for number in range(int(sys.argv[3])):
    log.write(b"%d %s\\n" % (number, b"x" * 600))
    os.write(1, b"%d\\n" % number)
"""


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def __call__(self) -> None:
        self.value += 1


@pytest.fixture
def failed() -> Counter:
    return Counter()


def start_writer(place: str, part_bytes: int, lines: int, spool: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, place, str(part_bytes), str(lines), str(spool)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("predictions-*.jsonl"))


def read(folder: Path) -> bytes:
    return b"".join(part.read_bytes() for part in parts(folder))


def line(number: int, size: int = 100) -> bytes:
    return b"%0*d\n" % (size - 1, number)


def test_without_a_place_nothing_is_written(tmp_path: Path, monkeypatch, failed: Counter) -> None:
    monkeypatch.chdir(tmp_path)
    log = open_log(None, 1000, 60.0, failed)
    log.write(b"line\n")
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_a_line_is_in_its_file_when_write_returns(tmp_path: Path, failed: Counter) -> None:
    log = open_log(str(tmp_path / "some/logs"), 10_000, 60.0, failed)
    assert parts(tmp_path / "some/logs") == []
    log.write(b'{"label": 1}\n{"label": 2}\n')
    (part,) = parts(tmp_path / "some/logs")
    assert part.read_bytes() == b'{"label": 1}\n{"label": 2}\n'
    assert part.name.count(str(os.getpid())) == 1
    log.close()
    log.close()
    assert failed.value == 0


def test_parts_are_full_in_order_and_of_whole_lines(tmp_path: Path, failed: Counter) -> None:
    log = open_log(str(tmp_path), 350, 60.0, failed)
    lines = [line(number) for number in range(40)] + [line(40, size=1000)] + [line(41)]
    for one in lines:
        log.write(one)
    log.close()
    assert [part.stat().st_size for part in parts(tmp_path)] == [300] * 13 + [100, 1000, 100]
    assert read(tmp_path) == b"".join(lines)


@pytest.mark.parametrize("part_bytes", [2000, 10_000_000])
def test_kill_9_loses_no_line_whose_write_returned(tmp_path: Path, part_bytes: int) -> None:
    writer = start_writer(str(tmp_path), part_bytes, 10**9, tmp_path)
    told = list(itertools.islice(writer.stdout, 500))
    writer.kill()
    told += list(writer.stdout)
    writer.wait()
    writer.stdout.close()
    last = int(told[-1]) if told[-1].endswith(b"\n") else int(told[-2])
    written = [int(one.split()[0]) for one in read(tmp_path).splitlines() if one.endswith(b" " + b"x" * 600)]
    assert last >= 499
    assert written[: last + 1] == list(range(last + 1))


@pytest.mark.skipif(WINDOWS, reason="the python of an environment starts another there, which has another number")
def test_several_processes_write_into_one_folder(tmp_path: Path) -> None:
    writers = [start_writer(str(tmp_path), 20_000, 200, tmp_path) for _ in range(3)]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    for writer in writers:
        own = [part for part in parts(tmp_path) if f"-{writer.pid}-" in part.name]
        numbers = [int(one.split()[0]) for part in own for one in part.read_bytes().splitlines()]
        assert numbers == list(range(200))
        assert len(own) > 5


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty_threads")
def test_several_threads_write_whole_lines_and_lose_none(tmp_path: Path, failed: Counter) -> None:
    log = open_log(str(tmp_path), 200, 60.0, failed)

    def work(letter: bytes) -> None:
        for number in range(200):
            log.write(b"%s%03d" % (letter, number) * 20 + b"\n")

    threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert failed.value == 0
    lines = read(tmp_path).splitlines()
    assert all(one == one[:4] * 20 for one in lines)
    for letter in b"abc":
        assert [int(one[1:4]) for one in lines if one[0] == letter] == list(range(200))


class FullDisk:
    """Takes half of what is written and refuses the rest, as a full disk does."""

    def __init__(self, monkeypatch) -> None:
        self._write = os.write
        self._half = True
        self.full = True
        monkeypatch.setattr(os, "write", self)

    def __call__(self, file: int, content: bytes) -> int:
        if not self.full:
            return self._write(file, content)
        self._half = not self._half
        if self._half:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(file, content[: len(content) // 2])


def test_a_full_disk_leaves_no_half_line_and_writing_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch, caplog, failed: Counter
) -> None:
    log = open_log(str(tmp_path), 10_000, 60.0, failed)
    log.write(line(0))
    disk = FullDisk(monkeypatch)
    for number in range(1, 50):
        log.write(line(number))
    assert failed.value == 49
    assert read(tmp_path) == line(0)
    disk.full = False
    log.write(line(50))
    log.close()
    assert read(tmp_path) == line(0) + line(50)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "No space left" in caplog.messages[0]
    assert "works again; failures: 49" in caplog.messages[1]


def test_a_half_line_that_cannot_be_cut_off_does_not_spoil_the_next(
    tmp_path: Path, monkeypatch, failed: Counter
) -> None:
    log = open_log(str(tmp_path), 10_000, 60.0, failed)
    with monkeypatch.context() as broken:
        disk = FullDisk(broken)

        def refuse(file: int, size: int) -> None:
            raise OSError(errno.EIO, "broken")

        broken.setattr(os, "ftruncate", refuse)
        log.write(line(1))
        disk.full = False
        log.write(line(2))
    log.close()
    assert failed.value == 1
    assert [part.read_bytes() for part in parts(tmp_path)] == [line(1)[:50], line(2)]


def test_an_empty_part_is_removed_in_the_end(tmp_path: Path, monkeypatch, failed: Counter) -> None:
    log = open_log(str(tmp_path), 10_000, 60.0, failed)
    with monkeypatch.context() as broken:
        FullDisk(broken)
        log.write(line(1))
        assert len(parts(tmp_path)) == 1
        log.close()
    assert parts(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("needs to be root on Linux, to mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount a small file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_and_is_emptied(small_disk: Path, failed: Counter) -> None:
    log = open_log(str(small_disk / "logs"), 15_000, 60.0, failed)
    for number in range(500):
        log.write(line(number, size=599))
    lines = read(small_disk / "logs").splitlines(keepends=True)
    assert len(lines) + failed.value == 500
    assert lines == [line(number, size=599) for number in range(len(lines))]
    assert len(lines) > 90
    parts(small_disk / "logs")[0].unlink()
    before = failed.value
    log.write(line(500, size=599))
    log.close()
    assert failed.value == before
    assert read(small_disk / "logs").endswith(line(500, size=599))


@removes_open_files
def test_a_folder_removed_under_us_is_made_again(tmp_path: Path, failed: Counter) -> None:
    folder = tmp_path / "logs"
    log = open_log(str(folder), 10_000, 60.0, failed)
    log.write(line(1))
    shutil.rmtree(folder)
    log.write(line(2))
    log.close()
    assert read(folder) == line(2)
    assert failed.value == 0


@removes_open_files
def test_what_cannot_be_written_is_counted_and_told_once(tmp_path: Path, caplog, failed: Counter) -> None:
    folder = tmp_path / "logs"
    log = open_log(str(folder), 100, 60.0, failed)
    log.write(line(1))
    shutil.rmtree(folder)
    folder.write_text("a file where the folder was")
    for number in range(20):
        log.write(line(number))
    assert failed.value == 20
    assert len(caplog.records) == 1
    folder.unlink()
    log.write(line(20))
    log.close()
    assert read(folder) == line(20)


@pytest.mark.parametrize("refused", ["no locks", "another's"])
def test_a_lock_that_is_refused_is_a_write_that_failed(
    tmp_path: Path, monkeypatch, failed: Counter, refused: str
) -> None:
    def refuse(_: int) -> bool:
        if refused == "no locks":
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        return False

    log = open_log(str(tmp_path), 1000, 60.0, failed)
    monkeypatch.setattr("reprise.serving.parts.lock", refuse)
    log.write(line(1))
    assert failed.value == 1
    assert parts(tmp_path) == []


def test_a_disk_that_breaks_is_counted_at_the_end_too(tmp_path: Path, monkeypatch, failed: Counter) -> None:
    log = open_log(str(tmp_path), 1000, 60.0, failed)
    log.write(line(1))
    with monkeypatch.context() as broken:

        def refuse(_: int) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        broken.setattr(os, "fstat", refuse)
        log.close()
    assert failed.value == 1
    log.write(line(2))
    log.close()
    assert [part.read_bytes() for part in parts(tmp_path)] == [line(1), line(2)]


def test_a_folder_that_cannot_be_made_is_a_persons_mistake(tmp_path: Path, failed: Counter) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"^REPRISE_LOG: .*file.*; expected a folder that can be written to, or a URL"):
        open_log(str(tmp_path / "file/logs"), 1000, 60.0, failed)
    with pytest.raises(InputError, match=r"^REPRISE_LOG_SPOOL: "):
        open_log("memory://logs", 1000, 60.0, failed, str(tmp_path / "file"))


def test_no_place_for_temporary_files_is_a_persons_mistake(monkeypatch, failed: Counter) -> None:
    def refuse() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    with pytest.raises(InputError, match=r"^REPRISE_LOG_SPOOL: not set"):
        open_log("memory://logs", 1000, 60.0, failed)


@pytest.mark.parametrize(("code", "starts"), [(errno.ENOSPC, True), (errno.EROFS, False)])
def test_a_full_disk_does_not_keep_the_server_from_starting(
    tmp_path: Path, monkeypatch, failed: Counter, code: int, starts: bool
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    if starts:
        open_log(str(tmp_path), 1000, 60.0, failed).close()
    else:
        with pytest.raises(InputError, match=r"^REPRISE_LOG: .*read-only"):
            open_log(str(tmp_path), 1000, 60.0, failed)


@pytest.mark.parametrize("url", ["nothing://logs", "dropbox://logs"])
def test_a_url_that_no_library_knows_is_a_persons_mistake(tmp_path: Path, failed: Counter, url: str) -> None:
    with pytest.raises(InputError, match=rf"^REPRISE_LOG: {url} \(.*; expected a folder, or a URL"):
        open_log(url, 1000, 60.0, failed, str(tmp_path))


def test_a_folder_needs_no_library_for_urls(tmp_path: Path) -> None:
    script = """
import sys
from reprise.serving.prediction_log import open_log
open_log(sys.argv[1], 1000, 60.0, print).write(b"line\\n")
sys.exit("fsspec" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 0


def test_what_is_written_after_the_end_is_kept(tmp_path: Path, failed: Counter) -> None:
    log: PredictionLog = open_log(str(tmp_path), 1000, 60.0, failed)
    log.close()
    log.write(line(1))
    assert read(tmp_path) == line(1)
    log.close()
