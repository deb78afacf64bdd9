"""The JSON of the Open Inference Protocol V2, with its extension for binary tensors."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, model_validator
from pydantic_core import PydanticCustomError


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, value: Any) -> Any:
        # By itself pydantic makes an error of every unknown key: of a large body, gigabytes.
        for key in value if isinstance(value, dict) else ():
            if key not in cls.model_fields:
                known = ", ".join(cls.model_fields)
                found = f"unknown or unsupported key {key[:100]!r}"
                raise PydanticCustomError("unknown_key", "unknown key", {"found": found, "known": known})
        return value


class InputParameters(_Asked):
    """How an input is sent."""

    binary_data_size: Annotated[int | None, Field(ge=1, lt=2**63, description="bytes of it that follow the JSON")] = (
        None
    )


class InputTensor(_Asked):
    """A tensor for the model, its numbers here or after the JSON."""

    name: str
    shape: Annotated[list[int], FailFast(), Field(min_length=1, max_length=8)]
    datatype: str
    parameters: InputParameters = InputParameters()
    data: Annotated[
        list[Any] | None, Field(description="the numbers row by row, flat or nested; of a table, null is missing")
    ] = None


class OutputParameters(_Asked):
    """How an output is returned."""

    binary_data: Annotated[bool | None, Field(description="after the JSON, not in it")] = None


class RequestedOutput(_Asked):
    """An output that is wanted."""

    name: str
    parameters: OutputParameters = OutputParameters()


class RequestParameters(_Asked):
    """How outputs are returned that do not say it themselves."""

    binary_data_output: Annotated[bool, Field(description="after the JSON, not in it")] = False


class InferRequest(_Asked):
    """What is asked of the model."""

    id: Annotated[str | None, Field(description="stands in the answer as well")] = None
    parameters: RequestParameters = RequestParameters()
    inputs: Annotated[list[InputTensor], Field(min_length=1, max_length=1)]
    outputs: Annotated[list[RequestedOutput], FailFast(), Field(max_length=256, description="all without")] = []


class _Told(BaseModel):
    # The protocol's names begin with what pydantic would keep for itself.
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class BinarySize(_Told):
    """How an output is returned."""

    binary_data_size: int = Field(description="bytes of it that follow the JSON")


class OutputTensor(_Told):
    """What the model made of the items, its numbers here or after the JSON."""

    name: str
    datatype: str
    shape: list[int]
    parameters: BinarySize | None = None
    data: list[float] | None = Field(None, description="the numbers row by row")


class InferAnswer(_Told):
    """The outputs, in the order in which they were asked for."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]


class ServerMetadata(_Told):
    """What answers, and the extensions of the protocol that it knows."""

    name: str
    version: str = Field(description="the first digits of the SHA-256 of the ONNX file")
    extensions: list[str]


class TensorMetadata(_Told):
    """An input or an output of the model; -1 is any number of items."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(_Told):
    """The model as the protocol describes it."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class Live(_Told):
    """That the server lives."""

    live: bool


class Ready(_Told):
    """That the server can answer."""

    ready: bool


class ModelReady(_Told):
    """That the model can answer."""

    name: str
    ready: bool
