"""The JSON of the answers, as the documentation shows it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from reprise.bundle import Decision, Quantization, Tensor


class _Answer(BaseModel):
    # Bundles hold what pydantic would keep the names `model_...` for.
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class ModelName(_Answer):
    """Which model answered."""

    task: str
    sha256: str = Field(description="of the ONNX file")


class Prediction(_Answer):
    """What was decided for one row or file."""

    label: str
    probability: float = Field(ge=0, le=1, description="that of the label")
    probabilities: dict[str, float] = Field(description="that of each class")


class Predictions(_Answer):
    """One prediction for each instance, in order."""

    predictions: list[Prediction]
    model: ModelName


class Representations(_Answer):
    """For each instance, in order, the activations of the layers that were asked for."""

    representations: list[dict[str, list[float]]]
    model: ModelName


class Refusal(_Answer):
    """Why a request was not answered."""

    error: str = Field(description="one line: where, what was found, what was expected")
    field: str | None
    expected: str | None
    request_id: str = Field(description="also in the header X-Request-ID and in the log of the server")


class Health(_Answer):
    """That the server lives, or is ready."""

    status: str


class Feature(_Answer):
    """A feature of the inputs, as it was distributed in training."""

    name: str
    min: float
    max: float
    mean: float
    missing: float = Field(description="the share that was missing")


class ExampleAnswer(_Answer):
    """A test input and what is answered for it."""

    url: str
    label: str
    probabilities: dict[str, float]


class Limits(_Answer):
    """What a request may hold at most, and how long it may take."""

    body_bytes: int
    instances: int
    pixels: int
    seconds: float
    timeout_seconds: float


class ModelCard(_Answer):
    """All that is known of the model."""

    task: str
    modality: str
    classes: list[str]
    decision: Decision
    metrics: dict[str, float] = Field(description="on the test set")
    parameters: dict[str, Any]
    data_sha256: str
    sha256: str = Field(description="of the ONNX file")
    quantization: Quantization | None = Field(description="of the model in integers, where one was asked for")
    features: list[Feature]
    input: Tensor
    layers: list[str]
    accepts: list[str] | None = Field(description="suffixes of files; null for rows")
    examples: list[ExampleAnswer]
    limits: Limits
