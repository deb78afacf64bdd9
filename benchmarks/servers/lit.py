"""LitServe: `python lit.py PORT`."""

import base64
import os
import sys
from typing import Any

import litserve
from numpy.typing import NDArray
from plain import WORKERS, Model


class Api(litserve.LitAPI):
    """JSON in, rows or base64; each worker is a process."""

    def setup(self, device: str) -> None:
        """Load the model."""
        self.model = Model()

    def decode_request(self, request: dict[str, Any]) -> NDArray[Any]:
        """Return the item."""
        instances = request["instances"]
        if self.model.size is None:
            return self.model.rows(instances)
        return self.model.picture(base64.b64decode(instances[0]["b64"]))

    def predict(self, items: NDArray[Any]) -> dict[str, Any]:
        """Run the model."""
        return self.model.answer(items)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Return it as it is."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(
        Api(), accelerator="cpu", workers_per_device=WORKERS, fast_queue=os.environ.get("QUEUE") == "zmq"
    )
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
