"""One item with its label."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """Where one item lies and what it is; items of one `group` share an origin and are never split.

    `file` is relative to the folder of the raw data, with forward slashes. `row` is the line of a table,
    counted from 1 with the header, or 0 where a file is the item.
    """

    file: str
    row: int
    label: str
    group: str
