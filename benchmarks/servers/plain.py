"""What the servers that are compared with ours share: a bundle's model behind a few plain functions.

No part of Reprise, so that it runs where that is not installed. A picture is decoded to the same pixels, without the
checks and the features of drift.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

# Where a server finds its bundle, and its own settings.
FOLDER = Path(os.environ.get("BUNDLE", ""))
WORKERS, THREADS = int(os.environ.get("WORKERS", "1")), int(os.environ.get("THREADS", "1"))


class Model:
    """The model of a bundle: each call of it runs on the thread that makes it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        bundle = json.loads((folder / "bundle.json").read_text())
        model = (bundle["quantization"] or {}).get("model") or bundle["model"]
        self.classes, self.input = bundle["classes"], model["input"]["name"]
        self.size = bundle["decode"].get("size")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(folder / model["file"], options, providers=["CPUExecutionProvider"])

    def rows(self, instances: list[list[float]]) -> NDArray[np.float32]:
        """Return the items of rows in the order of the features."""
        return np.array(instances, np.float32)

    def picture(self, content: bytes) -> NDArray[np.uint8]:
        """Return the item of a JPEG: the shorter side scaled, the centre cut out."""
        return self.pixels(Image.open(io.BytesIO(content)))

    def pixels(self, picture: Image.Image) -> NDArray[np.uint8]:
        """Return the item of a picture of which nothing is decoded yet."""
        picture.draft(None, (self.size, self.size))
        side = min(picture.size)
        left, top = (picture.width - side) / 2, (picture.height - side) / 2
        box = (left, top, left + side, top + side)
        small = picture.resize((self.size, self.size), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
        return np.asarray(small.convert("RGB"))[None]

    def run(self, items: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probabilities, [N, classes]."""
        found: NDArray[np.float32] = self.session.run(["probabilities"], {self.input: items})[0]
        return found

    def answer(self, items: NDArray[Any]) -> dict[str, Any]:
        """Return what a server answers, in the form in which ours does."""
        predictions = []
        for probabilities in self.run(items).tolist():
            best = max(probabilities)
            label = self.classes[probabilities.index(best)]
            by_class = dict(zip(self.classes, probabilities, strict=True))
            predictions.append({"label": label, "probability": best, "probabilities": by_class})
        return {"predictions": predictions}
