"""What the endpoints share: the model, and what watches and limits its work."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reprise.decoding.decoder import Decoded
from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.tabular import CellError
from reprise.serving.body import Bodies
from reprise.serving.instances import Instance
from reprise.serving.metrics import Metrics
from reprise.serving.model import Model
from reprise.serving.pool import Pool
from reprise.serving.prediction_log import PredictionLog
from reprise.serving.problem import Problem
from reprise.serving.settings import Settings


@dataclass(frozen=True)
class Service:
    """A model and all that a process has only once."""

    settings: Settings
    model: Model
    metrics: Metrics
    log: PredictionLog
    pool: Pool
    bodies: Bodies

    @cached_property
    def signs(self) -> int:
        """How many commas and brackets the JSON of one instance may hold; names of features may hold some, too."""
        if self.model.decoder is not None:
            return 4
        features = self.model.bundle.features
        return 2 + len(features) + sum(name.count(sign) for name in features for sign in ",[{")

    @cached_property
    def name(self) -> dict[str, str]:
        """Which model answers, as every answer says."""
        return {"task": self.model.bundle.task, "sha256": self.model.bundle.served.sha256}

    def decode(self, instances: Sequence[Instance], check: Callable[[], None]) -> list[Decoded]:
        """Decode the rows or files of a request; raises `Problem` 422, or 413 for more than is allowed."""
        with timed(self.metrics.decoded):
            return [self._decode(place, instance, check) for place, instance in enumerate(instances)]

    def _decode(self, place: int, instance: Instance, check: Callable[[], None]) -> Decoded:
        check()
        field = f"instances[{place}]"
        try:
            return self.model.decode(instance)
        except CellError as error:
            where = field if error.feature == "row" else f"{field}.{error.feature[:100]}"
            raise Problem(422, error.found[:200], error.expected, field=where) from None
        except DecodeError as error:
            status = 413 if isinstance(error, TooLargeError) else 422
            raise Problem(status, error.found[:200], error.expected, field=field) from None


class timed:  # noqa: N801 (a context manager, as those of contextlib; theirs takes longer than what it measures here)
    """Tell how many seconds the block took."""

    __slots__ = ("_start", "_tell")

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._tell(time.perf_counter() - self._start)
