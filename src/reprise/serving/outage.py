"""A failure that may last: every one is counted, few are told."""

import logging
import time
from collections.abc import Callable

_QUIET_SECONDS = 60.0
_LONGEST_REASON = 300
_logger = logging.getLogger(__name__)


class Outage:
    """Tells in the log when a thing begins to fail and when it works again, at most once a minute.

    `what` is the thing in words, `count` is called for each failure.
    """

    def __init__(self, what: str, count: Callable[[], None]) -> None:
        self._what = what
        self._count = count
        self._failures = 0
        self._told = False
        self._quiet_until = 0.0

    def failed(self, error: Exception) -> None:
        """Note a failure."""
        self._count()
        self._failures += 1
        now = time.monotonic()
        if self._told or now < self._quiet_until:
            return
        self._told = True
        self._quiet_until = now + _QUIET_SECONDS
        # Libraries put whole answers of servers into their errors.
        reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        _logger.error("prediction log: %s fails: %s; predictions go on", self._what, reason)

    def worked(self) -> None:
        """Note that it worked."""
        if self._told:
            _logger.warning("prediction log: %s works again; failures: %d", self._what, self._failures)
            self._told = False
            self._failures = 0
