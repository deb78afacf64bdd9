"""What a decoder says of content that it cannot use."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

# How Python shows an object that has no text of its own: its address differs from run to run.
_OBJECT = re.compile(r"<\S+ object at 0x[0-9a-fA-F]+>")


class DecodeError(ValueError):
    """Content cannot be decoded; `found` and `expected` say why."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found}; expected {expected}")
        self.found, self.expected = found, expected


class TooLargeError(DecodeError):
    """Content tells of more pixels or seconds than are allowed; nothing of it was decoded."""


@contextmanager
def refusing(expected: str) -> Iterator[None]:
    """Turn whatever a library raises over content into a `DecodeError` of one line.

    Libraries raise all sorts of exceptions over damaged files, those of programming mistakes among them; which one
    it was stays in the chain.
    """
    try:
        yield
    except DecodeError:
        raise
    except Exception as error:
        # What PyAV and soundfile know without the number of the error and the name of the file.
        text = getattr(error, "strerror", None) or getattr(error, "error_string", None) or str(error)
        text = str(text).strip() or type(error).__name__
        raise DecodeError(_OBJECT.sub("the content", text.splitlines()[0]).rstrip(" ."), expected) from error
