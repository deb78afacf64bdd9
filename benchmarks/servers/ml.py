"""MLServer: a runtime with a handler of its own, for the JSON of the others."""

import base64
from typing import Annotated, Any

from fastapi import Body
from mlserver import MLModel
from mlserver.handlers import custom_handler
from plain import Model


class Runtime(MLModel):
    """Answers in the event loop, or in that of a worker where there are `parallel_workers`."""

    async def load(self) -> bool:
        """Load the model."""
        self.model = Model()
        return True

    @custom_handler(rest_path="/predict")
    async def answer(self, instances: Annotated[list[Any], Body(embed=True)]) -> dict[str, Any]:
        """Answer rows, or a picture in base64."""
        if self.model.size is None:
            return self.model.answer(self.model.rows(instances))
        return self.model.answer(self.model.picture(base64.b64decode(instances[0]["b64"])))
