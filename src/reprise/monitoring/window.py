"""The last inputs of a process."""

import threading

import numpy as np
from numpy.typing import NDArray


class Window:
    """A ring of the last `size` rows; any thread may add to it. `added` grows with every row that comes in."""

    def __init__(self, size: int, width: int) -> None:
        self.added = 0
        self._rows = np.empty((size, width), np.float32)
        self._lock = threading.Lock()

    def add(self, rows: NDArray[np.float32]) -> None:
        """Add rows [N, width] in place of the oldest."""
        size = len(self._rows)
        rows = rows[-size:]
        with self._lock:
            start = self.added % size
            room = size - start
            if len(rows) <= room:
                self._rows[start : start + len(rows)] = rows
            else:
                self._rows[start:] = rows[:room]
                self._rows[: len(rows) - room] = rows[room:]
            self.added += len(rows)

    def rows(self) -> NDArray[np.float32]:
        """Return a copy of the rows, [N, width], in no order."""
        with self._lock:
            return self._rows[: self.added].copy()
