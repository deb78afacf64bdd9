"""What the servers are asked: bundles of untrained networks, a body for each, and the answer that is expected.

    python benchmarks/workloads.py FOLDER

The answers come from ONNX Runtime and the decoder of the stages. Weights do not change how long a network takes.
"""

from __future__ import annotations

import base64
import json
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

BLOCKS: dict[str, Any] = {"split": {}, "model": {}, "train": {}, "evaluate": {}, "export": {}}
TABLE = {"modality": "tabular", "format": "csv", "decode": {"label": "cultivar"}, **BLOCKS}
PICTURES = {"modality": "image", "format": "folder", "decode": {"size": 128}, **BLOCKS}
SHARED = {"seed": 0, "deterministic": False, "lr": 0.003, "weight_decay": 0.01, "batch_size": 32}


class Workload(NamedTuple):
    """A folder with a `bundle`, the body in `json`, a `jpeg` for pictures, and the `expected` probabilities."""

    folder: Path
    name: str
    modality: str
    unit: str

    @property
    def bundle(self) -> Path:
        """Where the bundle lies."""
        return self.folder / self.name / "bundle"

    def body(self, content_type: str) -> Path:
        """Return the file with the body of this content type."""
        return self.folder / self.name / content_type.partition("/")[2]

    @property
    def expected(self) -> list[float]:
        """The probabilities that are expected."""
        found: list[float] = json.loads((self.folder / self.name / "expected").read_bytes())
        return found


def workloads(folder: Path) -> tuple[Workload, ...]:
    """Return what can be asked of the bundles that `main` makes in a folder."""
    return (
        Workload(folder, "table", "tabular", "a row of 13 numbers"),
        Workload(folder, "pictures", "image", "a JPEG of 500 by 375"),
        Workload(folder, "int8", "image", "a JPEG of 500 by 375"),
    )


def write_bundle(folder: Path, name: str, task: dict[str, Any]) -> None:
    """Write the bundle of an untrained network and its store; the raw data lie where the parameters say."""
    import torch

    from reprise.datasets.prepare import prepare
    from reprise.datasets.store import read_store
    from reprise.exporting.export import write_model
    from reprise.networks.classifier import TorchNetwork
    from reprise.networks.files import classifier
    from reprise.params import Params

    params = Params.model_validate({"task": name, "data": "raw", **SHARED, "tasks": {name: task}})
    if not Path(f"store-{name}").exists():
        prepare(params, Path(f"store-{name}"), workers=1)
    store = read_store(Path(f"store-{name}"))
    torch.manual_seed(0)
    network = classifier(params.chosen.model, store.schema)
    network.fit_input(store.subset("train").items)
    write_model(folder / "bundle", TorchNetwork(network), store, {"threshold": 0.5}, params)


def write_expected(folder: Path, items: Any) -> None:
    """Write what the bundle's model makes of one item."""
    import onnxruntime

    from reprise.bundle import read_bundle
    from reprise.session import session_options

    model = read_bundle(folder / "bundle").served
    session = onnxruntime.InferenceSession(folder / "bundle" / model.file, session_options())
    (found,) = session.run(["probabilities"], {model.input.name: items})
    (folder / "expected").write_text(json.dumps(found[0].tolist()))


def write_table(folder: Path) -> None:
    """Write what is asked of tables."""
    import numpy as np
    from sklearn.datasets import load_wine

    from reprise.samples import wine

    Path("data/raw/wine").mkdir(parents=True)
    wine.make(Path("data/raw/wine"))
    write_bundle(folder, "wine", TABLE)
    row = load_wine().data[0].tolist()
    (folder / "json").write_text(json.dumps({"instances": [row]}))
    write_expected(folder, np.array([row], np.float32))


def write_pictures(folder: Path, export: dict[str, Any]) -> None:
    """Write what is asked of pictures."""
    import numpy as np
    from decoding import photo

    from reprise.decoding.image import ImageDecoder

    source = Path("data/raw/photos")
    for number in range(0 if source.exists() else 60):
        (source / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        photo(np.random.default_rng(number), 500, 375).save(source / "ab"[number % 2] / f"{number}.jpg", quality=90)
    write_bundle(folder, "photos", PICTURES | {"export": export})
    content = (source / "a/0.jpg").read_bytes()
    (folder / "jpeg").write_bytes(content)
    (folder / "json").write_text(json.dumps({"instances": [{"b64": base64.b64encode(content).decode()}]}))
    write_expected(folder, ImageDecoder(128).decode(content).items)


def main() -> None:
    """Write all into the folder that is named."""
    folder = Path(sys.argv[1]).resolve()
    for name in ("table", "pictures", "int8"):
        (folder / name).mkdir(parents=True)
    with chdir(folder):
        write_table(folder / "table")
        write_pictures(folder / "pictures", {})
        # Kept whatever accuracy it loses: nothing was learnt.
        write_pictures(folder / "int8", {"quantize": "int8", "max_drop": 100.0})


if __name__ == "__main__":
    main()
