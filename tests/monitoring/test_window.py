import threading

import numpy as np

from reprise.monitoring.window import Window


def column(*values: float) -> np.ndarray:
    return np.float32(values)[:, None]


def test_the_last_rows_stay() -> None:
    window = Window(4, 1)
    assert window.rows().shape == (0, 1)
    added: list[float] = []
    for count in (1, 2, 3, 0, 4, 1, 9, 2):
        new = list(range(len(added), len(added) + count))
        before = window.added
        window.add(column(*new))
        added += new
        assert sorted(window.rows().ravel()) == added[-4:]
        assert (window.added > before) == (count > 0)


def test_what_was_read_does_not_change() -> None:
    window = Window(2, 1)
    window.add(column(1, 2))
    rows = window.rows()
    window.add(column(3, 4))
    assert rows.ravel().tolist() == [1, 2]


def test_threads_lose_nothing() -> None:
    window = Window(4000, 1)

    def add(thread: int) -> None:
        for number in range(1000):
            window.add(column(1000 * thread + number))

    threads = [threading.Thread(target=add, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(window.rows().ravel()) == list(range(4000))
