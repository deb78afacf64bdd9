"""What the items of a data set are: all that a network has to know of them."""

from pydantic import BaseModel, ConfigDict

VERSION = 2


class Schema(BaseModel):
    """What an item is and what it can be.

    `features` names the drift features of an item. `sha256` is that of the items' bytes, their labels and splits.
    `sample_rate` is in hertz, of sounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    modality: str
    shape: tuple[int, ...]
    dtype: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    sample_rate: int | None = None
    sha256: str
