import errno
import sqlite3

import pytest

from reprise.errors import DataError, one_line_errors


def test_input_error_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, one_line_errors():
        raise DataError("a.csv", "an empty file", "rows")
    # A text as the code makes the interpreter print it on standard error and exit with 1.
    assert caught.value.code == "error: a.csv: an empty file; expected rows"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_refusing_disk(number: int) -> None:
    with pytest.raises(SystemExit) as caught, one_line_errors():
        raise OSError(number, "Not Possible", "models/x")
    assert caught.value.code == "error: models/x: not possible; expected room and the right to write"


def test_other_errors_are_bugs() -> None:
    with pytest.raises(OSError, match="bad"), one_line_errors():
        raise OSError(errno.EBADF, "bad")


def test_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, one_line_errors():
        raise KeyboardInterrupt
    assert caught.value.code == 130
    assert "stopped" in capsys.readouterr().err


def test_refusing_disk_under_the_error_of_a_library() -> None:
    with pytest.raises(SystemExit) as caught, one_line_errors():
        try:
            raise OSError(errno.ENOSPC, "No Space", "a")
        except OSError as error:
            raise RuntimeError("export failed") from error
    assert caught.value.code == "error: a: no space; expected room and the right to write"


def test_refusing_database() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    with pytest.raises(SystemExit) as caught, one_line_errors():
        raise error
    assert caught.value.code == "error: a database of DVC: disk I/O error; expected room and the right to write"
