"""The worst mistakes as pictures of what the network was given."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from reprise.blocks import AudioModel, Model
from reprise.datasets.store import Store
from reprise.evaluation import gallery
from reprise.items import Items
from reprise.networks.spectrogram import LogMel


def tiles(worst: pd.DataFrame, items: Items, store: Store, model: Model) -> list[gallery.Tile]:
    """Return a tile for each row of `worst`, a table of mistakes whose index is the place among `items`."""
    found = []
    for place, row in worst.iterrows():
        item = items[np.array([place])][0]
        name = f"{row['file']}:{row['row']}" if row["row"] else str(row["file"])
        caption = (
            f"{name} ({row['clip']})" if row["clip"] else name,
            f"is {row['actual']}",
            f"taken for {row['predicted']} ({row['probability']:.2f})",
        )
        found.append(gallery.Tile(_image(item, store, model), caption))
    return found


def _image(item: NDArray[Any], store: Store, model: Model) -> NDArray[np.uint8]:
    schema = store.schema
    if isinstance(model, AudioModel):
        assert schema.sample_rate is not None
        front = LogMel(model, schema.sample_rate)
        with torch.inference_mode():
            return gallery.spectrogram(front(torch.from_numpy(item[None]))[0, 0].numpy())
    if schema.modality == "image":
        return gallery.picture(item)
    if schema.modality == "video":
        return gallery.clip(item)
    train = store.features[store.places("train")].astype(np.float64)
    deviation = np.nanstd(train, axis=0)
    scaled = (item - np.nanmean(train, axis=0)) / np.where(deviation > 0, deviation, 1)
    return gallery.row(scaled, schema.features)
