"""One item with its label."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """Where one item lies and what it is; items of one `group` share an origin and are never split.

    `file` is relative to the folder of the raw data, with forward slashes. `row` is the line of a table,
    counted from 1 with the header, of a file that holds many, or 0 where a file is the item. `split` is the
    one that the data prescribe (train, val or test), or empty. `clip` counts the clips of one
    video from 1, or is 0.
    """

    file: str
    row: int
    label: str
    group: str
    split: str = ""
    clip: int = 0
