"""The bundle: what export writes and the server loads. A folder of model.onnx, bundle.json and examples/."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from reprise.answers import Pool, Probabilities, decide, pool
from reprise.errors import ArtifactError

SCHEMA_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tensor(_Part):
    """An input or an output of the model; the first axis of its shape is the batch."""

    name: str
    dtype: str
    shape: tuple[str | int, ...]


class Model(_Part):
    """The ONNX file."""

    file: str
    sha256: str
    opset: int
    input: Tensor
    outputs: tuple[Tensor, ...]


class Quantization(_Part):
    """What the model of 8-bit integers was worth on the items of the validation set, and whether it is served.

    The accuracies are shares; `drop` and `max_drop` are percentage points. Compared with the float network, `changed`
    counts the labels that are others, and `difference` is the largest one of a probability. `model` is null where
    the file was not kept.
    """

    items: int
    float_accuracy: float
    int8_accuracy: float
    drop: float
    max_drop: float
    changed: int
    difference: float
    served: bool
    reason: str
    model: Model | None


class FeatureReference(_Part):
    """How one feature of the training inputs was distributed; `edges` has one more entry than `counts`."""

    name: str
    missing: float
    mean: float
    std: float
    min: float
    max: float
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Example(_Part):
    """A raw input in `examples/` and the answer that is expected for it."""

    file: str
    label: str
    probabilities: tuple[float, ...]


class Decision(_Part):
    """How probabilities become an answer.

    Two classes have a `positive` one and a `threshold` for its probability; of more classes the most probable
    one is answered. The clips of a video, be it one, are pooled by their `max`, their `mean` or the `ratio`
    of those that are decided positive; `group_threshold` is then the one for the video.
    """

    positive: str | None
    threshold: float | None
    pool: Pool
    group_threshold: float | None

    def answer(
        self, probabilities: Probabilities, classes: Sequence[str], together: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], Probabilities]:
        """Return the numbers of the classes decided on, and the probabilities [N, classes] that they come from.

        Without `together` each item is answered. With it, the number of each clip's video, [N], each video is.
        """
        positive = classes.index(self.positive) if self.positive else 0
        if together is None:
            return decide(probabilities, self.threshold, positive), probabilities
        pooled = pool(probabilities, together, self.pool, positive, self.threshold)
        return decide(pooled, self.group_threshold, positive), pooled


class Bundle(_Part):
    """All that a server needs to know of a model."""

    schema_version: int = SCHEMA_VERSION
    task: str
    modality: str
    decode: dict[str, Any]
    features: tuple[str, ...]
    classes: tuple[str, ...]
    decision: Decision
    model: Model
    quantization: Quantization | None = None
    metrics: dict[str, float]
    parameters: dict[str, Any]
    data_sha256: str
    reference: tuple[FeatureReference, ...]
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.decision.positive not in {None, *self.classes}:
            raise ValueError(f"positive {self.decision.positive!r} is no class")
        if [one.name for one in self.reference] != list(self.features):
            raise ValueError("reference of other features")
        if any(len(one.edges) != len(one.counts) + 1 for one in self.reference):
            raise ValueError("edges and counts of a reference do not belong together")
        if not self.examples:
            raise ValueError("no examples")
        if any(len(one.probabilities) != len(self.classes) for one in self.examples):
            raise ValueError("probabilities of an example for other classes")
        return self

    @property
    def served(self) -> Model:
        """The model that answers: the one of integers where it was kept."""
        int8 = self.quantization.model if self.quantization else None
        return int8 or self.model


class _Version(BaseModel):
    """What is read first: the rest of another version may have another form."""

    schema_version: int


def write_bundle(folder: Path, bundle: Bundle) -> None:
    """Write bundle.json."""
    (folder / "bundle.json").write_text(bundle.model_dump_json(indent=2) + "\n", encoding="utf-8", newline="\n")


def read_bundle(folder: Path) -> Bundle:
    """Read bundle.json and check that the models beside it are those that it names.

    Raises `ArtifactError` where a file is missing or damaged, is of another schema version, or is not a bundle.
    """
    place = folder / "bundle.json"
    expected = "a bundle, as the export stage writes it"
    try:
        content = place.read_bytes()
        version = _Version.model_validate_json(content).schema_version
        if version != SCHEMA_VERSION:
            raise ArtifactError(str(place), f"schema version {version}", f"{SCHEMA_VERSION}; export the model anew")
        bundle = Bundle.model_validate_json(content)
        for model in dict.fromkeys((bundle.model, bundle.served)):
            place = folder / model.file
            digest = sha256(place)
            if digest != model.sha256:
                raise ArtifactError(str(place), f"SHA-256 {digest}", f"{model.sha256}, which bundle.json names")
    except FileNotFoundError:
        raise ArtifactError(str(place), "no such file", expected) from None
    except OSError as error:
        raise ArtifactError(str(place), (error.strerror or str(error)).lower(), expected) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ArtifactError(str(place), f"not a bundle ({key or 'JSON'}: {first['msg']})", expected) from None
    return bundle


def sha256(path: Path) -> str:
    """Return the digest of a file as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
