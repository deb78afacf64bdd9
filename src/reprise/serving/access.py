"""Who may ask: whoever knows the key, where there is one."""

import base64
import binascii
import hmac
from collections.abc import Iterable

from reprise.serving.problem import Problem

# What a browser shows its form for a name and a password for; the page then works as well.
_ASK = ((b"www-authenticate", b'Basic realm="reprise", charset="UTF-8"'),)


class Access:
    """Lets through what carries `key`, and every path in `open_to_all`; without a key, everything."""

    def __init__(self, key: str | None, open_to_all: frozenset[str]) -> None:
        self._key, self._open = key.encode() if key else None, open_to_all

    def check(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise `Problem` 401 unless the key is in `X-API-Key`, a bearer token, or the password of basic access."""
        if self._key is None or path in self._open:
            return
        given = [_key(name, value) for name, value in headers]
        if not any(hmac.compare_digest(self._key, one) for one in given if one is not None):
            raise Problem(401, "no key, or a wrong one", "the header X-API-Key", headers=_ASK)


def _key(name: bytes, value: bytes) -> bytes | None:
    if name == b"x-api-key":
        return value
    if name != b"authorization":
        return None
    scheme, _, rest = value.partition(b" ")
    if scheme.lower() == b"bearer":
        return rest.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(rest, validate=True).partition(b":")[2]
        except binascii.Error:
            return None
    return None
