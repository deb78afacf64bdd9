import pytest

from reprise.serving import outage
from reprise.serving.outage import Outage


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(outage, "time", found)
    return found


def test_each_failure_is_counted_and_the_first_told_in_one_line(clock: Clock, caplog) -> None:
    counted = []
    thing = Outage("writing", lambda: counted.append(1))
    for _ in range(1000):
        thing.failed(OSError("no\nroom " + "x" * 1000))
        clock.now += 1
    assert len(counted) == 1000
    (message,) = caplog.messages
    assert message.startswith("prediction log: writing fails: no room xxx")
    assert "\n" not in message
    assert len(message) < 400


def test_an_error_without_words_is_told_by_its_name(clock: Clock, caplog) -> None:
    Outage("uploading", list).failed(TimeoutError())
    assert "TimeoutError" in caplog.messages[0]


def test_what_comes_and_goes_is_told_once_a_minute(clock: Clock, caplog) -> None:
    thing = Outage("writing", list)
    for _ in range(120):
        thing.failed(OSError("no room"))
        thing.worked()
        clock.now += 1
    assert len([message for message in caplog.messages if "fails" in message]) == 2
    assert len([message for message in caplog.messages if "works again" in message]) == 2


def test_an_outage_that_began_in_the_quiet_minute_is_told_after_it(clock: Clock, caplog) -> None:
    thing = Outage("writing", list)
    thing.failed(OSError("first"))
    thing.worked()
    for _ in range(90):
        clock.now += 1
        thing.failed(OSError("second"))
    assert [message for message in caplog.messages if "second" in message] == [caplog.messages[-1]]
    thing.worked()
    assert "failures: 90" in caplog.messages[-1]
