"""BentoML: rows as JSON, answered in the event loop; a JPEG as the body, in a pool of threads."""

from typing import Any

import bentoml
import PIL.Image
from plain import THREADS, WORKERS, Model
from pydantic import BaseModel

SETTINGS = {"workers": WORKERS, "threads": THREADS, "logging": {"access": {"enabled": False}}}


class Answer(BaseModel):
    """What is answered: for a plain dictionary the schema would be made anew each time."""

    predictions: list[dict[str, Any]]


@bentoml.service(**SETTINGS)
class Rows:
    """A table."""

    def __init__(self) -> None:
        self.model = Model()

    @bentoml.api
    async def predict(self, instances: list[list[float]]) -> Answer:
        """Answer rows."""
        return Answer(**self.model.answer(self.model.rows(instances)))


@bentoml.service(**SETTINGS)
class Pictures:
    """Pictures."""

    def __init__(self) -> None:
        self.model = Model()

    @bentoml.api
    def predict(self, picture: PIL.Image.Image, /) -> Answer:
        """Answer a picture."""
        return Answer(**self.model.answer(self.model.pixels(picture)))
