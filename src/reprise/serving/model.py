"""A bundle, ready to answer."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from reprise.bundle import Bundle, read_bundle
from reprise.decoding.decoder import Decoded, Decoder, make_decoder
from reprise.decoding.tabular import decode_row
from reprise.errors import ArtifactError
from reprise.serving.examples import read_example
from reprise.session import session_options

PROBABILITIES = "probabilities"

# Rows or files that are decoded, and items that go through the network, together. More do not make it faster on a
# processor, and take memory: of the files' items at most so many bytes.
_BATCH = {"tabular": 32, "image": 16, "audio": 8, "video": 1}
_BYTES = 2**26
# Seconds that a row may take in the event loop; k-nearest neighbours among many rows take longer.
_QUICK = 0.0005
# Bytes of clips that one video may become.
_CLIPS = 2**28
# How far the probabilities of an example may lie from those of another processor. Eight bits are coarser.
_TOLERANCE = {"float": 1e-3, "int8": 0.05}

Row = dict[str, float | None] | list[float | None]
# Called between steps; raises where nobody waits for the answer any more.
Check = Callable[[], None]


@dataclass(frozen=True)
class Answers:
    """What was decided for each file or row: class numbers [n] and probabilities float [n, classes]."""

    chosen: NDArray[np.int64]
    probabilities: NDArray[np.floating[Any]]

    @cached_property
    def rounded(self) -> list[list[float]]:
        """The probabilities to six significant digits: what lies beyond differs between processors."""
        return [[float(f"{value:.6g}") for value in row] for row in self.probabilities.tolist()]


def together(parts: Sequence[Answers]) -> Answers:
    """Return the answers of several batches as those of one."""
    return Answers(joined([part.chosen for part in parts]), joined([part.probabilities for part in parts]))


class Model:
    """The network of a bundle behind its decoder; any number of threads may call it at once."""

    def __init__(self, folder: Path, bundle: Bundle, decoder: Decoder | None) -> None:
        self.folder, self.bundle, self.decoder = folder, bundle, decoder
        self.session = ort.InferenceSession(folder / bundle.served.file, _options(), ["CPUExecutionProvider"])
        item = np.dtype(bundle.served.input.dtype).itemsize * math.prod(map(int, bundle.served.input.shape[1:]))
        self.batch = max(1, min(_BATCH[bundle.modality], _BYTES // item))
        self.quick = bundle.modality == "tabular" and self._seconds() < _QUICK
        self.layers = tuple(
            output.name.removeprefix("representation.")
            for output in bundle.served.outputs
            if output.name != PROBABILITIES
        )

    def _seconds(self) -> float:
        """Measure how long one item takes at least."""
        item = np.zeros((1, *map(int, self.bundle.served.input.shape[1:])), self.bundle.served.input.dtype)
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            self.run((PROBABILITIES,), item)
            taken.append(time.perf_counter() - start)
        return min(taken)

    def decode(self, instance: Row | bytes) -> Decoded:
        """Turn a row or the content of a file into items.

        Raises `CellError` for a row and `DecodeError` for a file that cannot be used.
        """
        if self.decoder is None:
            assert not isinstance(instance, bytes)
            items = decode_row(instance, self.bundle.features)[None]
            return Decoded(items, items)
        assert isinstance(instance, bytes)
        return self.decoder.decode(instance)

    def run(self, outputs: Sequence[str], items: NDArray[Any], check: Check = lambda: None) -> list[NDArray[Any]]:
        """Return the named outputs, [N, ...] each, for items [N, *shape]; goes by chunks, with `check` before each."""
        size, name = self.batch, self.bundle.served.input.name
        if len(items) <= size:
            check()
            found: list[NDArray[Any]] = self.session.run(outputs, {name: items})
            return found
        parts = []
        for start in range(0, len(items), size):
            check()
            parts.append(self.session.run(outputs, {name: items[start : start + size]}))
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def answer(self, decoded: Sequence[Decoded], check: Check = lambda: None) -> Answers:
        """Answer for each file or row, as evaluate does: the clips of a video together, by the bundle's thresholds."""
        (probabilities,) = self.run((PROBABILITIES,), _items(decoded), check)
        together = _numbers(decoded) if self.bundle.modality == "video" else None
        return Answers(*self.bundle.decision.answer(probabilities, self.bundle.classes, together))

    def represent(
        self, decoded: Sequence[Decoded], layers: Sequence[str], check: Check = lambda: None
    ) -> list[NDArray[np.float32]]:
        """Return the representation of each layer, [n, width] each; that of a video is the mean over its clips."""
        found = self.run([f"representation.{layer}" for layer in layers], _items(decoded), check)
        if self.bundle.modality != "video":
            return found
        starts = np.cumsum([len(one.items) for one in decoded])[:-1]
        return [np.stack([part.mean(axis=0) for part in np.split(values, starts)]) for values in found]


def load_model(folder: Path, max_pixels: int, max_seconds: float) -> Model:
    """Load a bundle and answer its examples.

    Raises `ArtifactError` where the bundle is missing, damaged or foreign, cannot be run, or answers an example
    otherwise than it says.
    """
    bundle = read_bundle(folder)
    path = folder / bundle.served.file
    try:
        model = Model(folder, bundle, _decoder(bundle, max_pixels, max_seconds))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(str(folder / "bundle.json"), f"settings that do not fit ({error})", "a bundle") from None
    except Exception as error:  # onnxruntime's errors have no other class in common
        reason = str(error).splitlines()[0]
        raise ArtifactError(str(path), f"no model that can be run ({reason})", "a model of export") from None
    _check_examples(model)
    return model


def _options() -> ort.SessionOptions:
    options = session_options()
    options.log_severity_level = 3
    return options


def _decoder(bundle: Bundle, max_pixels: int, max_seconds: float) -> Decoder | None:
    if bundle.modality == "tabular":
        return None
    decoder: Any = make_decoder(bundle.modality, bundle.decode)
    limits: dict[str, float] = {} if bundle.modality == "audio" else {"max_pixels": max_pixels}
    if bundle.modality == "audio":
        limits["max_seconds"] = max_seconds
    elif bundle.modality == "video":
        clips = max(1, _CLIPS // int(np.prod(decoder.shape)))
        limits["max_seconds"] = min(max_seconds, decoder.seconds + clips * decoder.stride)
    limited: Decoder = replace(decoder, **limits)
    return limited


def joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return arrays as one, along their first axis; one alone is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _items(decoded: Sequence[Decoded]) -> NDArray[Any]:
    return joined([one.items for one in decoded])


def _numbers(decoded: Sequence[Decoded]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(decoded)), [len(one.items) for one in decoded])


def _check_examples(model: Model) -> None:
    bundle = model.bundle
    allowed = _TOLERANCE["float" if bundle.served == bundle.model else "int8"]
    for example in bundle.examples:
        where = str(model.folder / example.file)
        try:
            decoded = model.decode(read_example(model.folder / example.file, bundle.modality))
            answers = model.answer([decoded])
            label = bundle.classes[answers.chosen[0]]
            difference = np.abs(answers.probabilities[0] - example.probabilities).max()
        except Exception as error:  # of a bundle that was put together by hand, anything
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ArtifactError(where, f"an example that cannot be answered ({reason})", "those of export") from None
        if label != example.label or not difference <= allowed:
            found = f"answered {label}, probabilities {difference:.1e} from those of export"
            raise ArtifactError(where, found, f"{example.label}, within {allowed:g}")
