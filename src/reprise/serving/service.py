"""What the endpoints share: the model, and what watches and limits its work."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic_core import to_json

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
from reprise.serving.records import Records
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
    def name(self) -> bytes:
        """The JSON of which model answers, as every answer says."""
        return to_json({"task": self.model.bundle.task, "sha256": self.model.bundle.served.sha256})

    @cached_property
    def records(self) -> Records:
        """What makes the lines of the prediction log."""
        return Records(self.model.bundle, with_inputs=self.settings.log_inputs)

    def decoded(self, instances: Sequence[Instance], check: Callable[[], None]) -> Iterator[list[Decoded]]:
        """Yield the rows or files of a request in batches, so that not all of them lie decoded in memory.

        Raises `Problem` 422, or 413 for more than is allowed.
        """
        size = self.model.batch
        for start in range(0, len(instances), size):
            with timed(self.metrics.decoded):
                batch = instances[start : start + size]
                found = [self._decode(place, instance, check) for place, instance in enumerate(batch, start)]
            yield found

    def _decode(self, place: int, instance: Instance, check: Callable[[], None]) -> Decoded:
        check()
        field = f"instances[{place}]"
        try:
            return self.model.decode(instance)
        except CellError as error:
            where = field if error.feature is None else f"{field}.{error.feature[:100]}"
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
