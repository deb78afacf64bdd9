"""Arrays that may be larger than memory, read where they are asked for."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Items(Protocol):
    """What an array and a view of some of its rows have in common."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of items, then the shape of one."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of their numbers."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any:
        """Return the items of a slice or of an array of places, as an array."""


@dataclass(frozen=True)
class Rows:
    """The rows of `array` at `places`, copied into memory only when they are asked for."""

    array: NDArray[Any]
    places: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, then the shape of one."""
        return (len(self.places), *self.array.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the array's numbers."""
        return self.array.dtype

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, key: slice | NDArray[Any]) -> NDArray[Any]:
        return self.array[self.places[key]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return all rows as one array."""
        return np.asarray(self.array[self.places], dtype)
