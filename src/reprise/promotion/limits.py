"""`benchmarks/limits.yaml`: how fast a version has to be."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reprise.errors import InputError

_ABOVE = "a number above 0"


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Allowed(_Block):
    """The limits of one modality; what the ratios are of is said in the file."""

    http: float = Field(gt=0, description=_ABOVE)
    time: float = Field(gt=0, description=_ABOVE)
    p99: float = Field(gt=0, description=_ABOVE)
    rate: float = Field(gt=0, description=_ABOVE)
    model: float = Field(gt=0, description=_ABOVE)


class Limits(_Block):
    """The whole file: how it is measured, how many seconds a server has to start, and what is allowed."""

    start: float = Field(gt=0, description="a number of seconds above 0")
    seconds: float = Field(gt=0, description="a number of seconds above 0")
    rounds: int = Field(ge=1, description="a whole number of at least 1")
    connections: int = Field(ge=1, description="a whole number of at least 1")
    tabular: Allowed
    image: Allowed
    audio: Allowed
    video: Allowed

    def of(self, modality: str) -> Allowed:
        """Return the limits of a modality."""
        found: Allowed = getattr(self, modality)
        return found


def read_limits(path: Path) -> Limits:
    """Read and check the limits; raises `InputError` at the first mistake."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Limits.model_validate(content)
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "the limits of speed; is this the project's root?") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(str(path), str(error).splitlines()[0], "YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {key}".rstrip(": "), first["msg"], "the keys of the file as it came") from None
