"""A whole bundle."""

from collections.abc import Mapping
from pathlib import Path

from reprise.bundle import Bundle, write_bundle
from reprise.datasets.store import Store
from reprise.exporting.examples import write_examples
from reprise.exporting.graph import write_graph
from reprise.exporting.parity import check_parity
from reprise.exporting.reference import reference
from reprise.networks.classifier import Network
from reprise.params import Params


def write_model(folder: Path, network: Network, store: Store, metrics: Mapping[str, float], params: Params) -> float:
    """Write the bundle of `network` into the new folder `folder`; raise `ParityError` where the graph differs from it.

    Returns the largest difference of a probability between the graph and the network on the test set.
    """
    folder.mkdir()
    schema, task = store.schema, params.chosen
    model = write_graph(folder / "model.onnx", network, schema.shape, schema.dtype)
    train, test = store.subset("train"), store.subset("test")
    probabilities = network.probabilities(test.items)
    difference = check_parity(folder / model.file, test.items, probabilities)
    examples = write_examples(
        folder / "examples", test, probabilities, schema.classes, schema.features, task.export.examples
    )
    bundle = Bundle(
        task=params.task,
        modality=task.modality,
        decode=task.decode.model_dump(),
        features=schema.features,
        classes=schema.classes,
        threshold=None,
        model=model,
        metrics=dict(metrics),
        parameters=params.model_dump(exclude={"tasks"}) | task.model_dump(),
        data_sha256=schema.sha256,
        reference=reference(train.items, schema.features),
        examples=examples,
    )
    write_bundle(folder, bundle)
    return difference
