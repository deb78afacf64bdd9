"""A trained network to the bundle that the server loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from _start import run

if TYPE_CHECKING:
    from reprise.params import Params


def export(params: Params) -> None:
    """Write models/bundle."""
    from reprise.datasets.store import read_store
    from reprise.exporting.export import read_metrics, write_model
    from reprise.files import replacing
    from reprise.networks.files import read_network

    store = read_store(Path("data/store"))
    model, schema = params.chosen.model, store.schema
    weights = Path(f"models/weights/{params.seeds[0]}.safetensors")
    network = read_network(weights, model, schema)
    metrics = read_metrics(Path("reports/evaluate/metrics.json"))
    with replacing(Path("models/bundle")) as bundle:
        difference, quantization = write_model(bundle, network, store, metrics, params)
    print(f"models/bundle: probabilities of ONNX Runtime and the network differ by {difference:.0e} at most")
    if quantization:
        accuracies = f"{quantization.float_accuracy:.3f} in float, {quantization.int8_accuracy:.3f} in int8"
        served = "int8" if quantization.served else "float"
        print(f"models/bundle: validation accuracy {accuracies}; {served} is served: {quantization.reason}")


if __name__ == "__main__":
    run(export)
