"""What is said to a client whose request is not answered."""

from collections.abc import Sequence

from pydantic_core import to_json

Headers = Sequence[tuple[bytes, bytes]]

# Signs of what was expected, which may be the names of a thousand features.
_LONGEST = 300


class Problem(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """A request that is not answered: the status, one line, and where it applies the field and what was expected."""

    def __init__(
        self, status: int, found: str, expected: str | None = None, field: str | None = None, headers: Headers = ()
    ) -> None:
        parts = [f"{field}: {found}" if field else found, f"expected {expected}" if expected else ""]
        # What a client sent may stand in there: it must not break a line of the log.
        text = "; ".join(filter(None, parts))
        self.message = _short("".join(sign if sign.isprintable() else "?" for sign in text), 2 * _LONGEST)
        self.expected = expected and _short(expected, _LONGEST)
        self.status, self.field, self.headers = status, field, headers
        super().__init__(self.message)

    def body(self, request_id: str) -> bytes:
        """Return the JSON that every unanswered request gets."""
        return to_json(
            {"error": self.message, "field": self.field, "expected": self.expected, "request_id": request_id}
        )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
