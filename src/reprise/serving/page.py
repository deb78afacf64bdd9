"""The page for people: one HTML file, in which all that it needs stands."""

import base64
import hashlib
import re
from importlib.resources import files

from fastapi import Response


class Page:
    """The page, and what a browser may do on it: run the script that stands there, and ask this server."""

    def __init__(self) -> None:
        # As text: a browser takes the digest of the script with plain ends of lines, whatever git made of them.
        content = files("reprise.serving").joinpath("page.html").read_text(encoding="utf-8")
        scripts = re.findall(r"<script>(.*?)</script>", content, flags=re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
        allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
        self._content = content.encode()
        self._policy = (
            f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; connect-src 'self'; "
            "img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    def response(self) -> Response:
        """Return the page as an answer, which a browser asks for anew each time: another version may run here."""
        headers = {
            "content-security-policy": self._policy,
            "x-content-type-options": "nosniff",
            "cache-control": "no-cache",
        }
        return Response(self._content, media_type="text/html", headers=headers)
