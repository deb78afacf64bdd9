"""Training on a store, memory-mapped, beside a plain PyTorch loop whose DataLoader reads the files.

    python benchmarks/training.py

Both train the same resnet18 of width 32 on photos of 500 by 375, seen at 64 by 64, with the same batches, optimizer
and schedule, on the CPU and under the same `arithmetic.fix()`: the ratio is about the way of the data. The plain loop
has two workers, kept from epoch to epoch, that decode, scale, flip, make floats and normalise. Ours decodes once,
before, in the time that is printed; it flips in the network, and validates a batch after each epoch, which counts. Each
training runs in a process of its own, the variants take turns, and the first epoch is not counted. Threads wait asleep,
or those of the plain loop would keep its workers from the cores; OMP_WAIT_POLICY=ACTIVE shows by how much.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from decoding import photo

from reprise import arithmetic

if TYPE_CHECKING:
    from torch import Tensor

    from reprise.params import Params

PICTURES, EPOCHS = 640, 3
VARIANTS = ("plain", "ours", "ours, default augmentation")
TASK = {"modality": "image", "format": "folder", "decode": {"size": 64}, "split": {"val": 0.03, "test": 0.03}}
TASK |= {"model": {"width": 32}, "train": {}, "evaluate": {}, "export": {}}


def settings() -> Params:
    """Return the parameters of all variants."""
    from reprise.params import Params

    shared = {"seed": 0, "deterministic": True, "lr": 0.003, "weight_decay": 0.01, "batch_size": 32}
    return Params.model_validate({"task": "photos", "data": "raw", **shared, "tasks": {"photos": TASK}})


def write_photos(pictures: int, width: int, height: int) -> None:
    """Write JPEGs of two classes below the current folder, where the parameters say."""
    import numpy as np

    source = settings().source
    for number in range(pictures):
        folder = source / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        photo(np.random.default_rng(number), width, height).save(folder / f"{number}.jpg", quality=90)


def make_store(pictures: int) -> int:
    """Write photos and their store, print the seconds of the latter, and return how many pictures train."""
    from reprise.datasets.prepare import prepare
    from reprise.datasets.store import read_store

    write_photos(pictures, 500, 375)
    start = time.perf_counter()
    prepare(settings(), Path("store"), workers=2)
    print(f"decoding {pictures} pictures for the store, once: {time.perf_counter() - start:.1f} s", flush=True)
    return len(read_store(Path("store")).subset("train"))


class Photos:
    """What the DataLoader reads: float32 [3, 64, 64], flipped or not, and the class."""

    def __init__(self, files: list[str], labels: list[int]) -> None:
        self.files, self.labels = files, labels

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        import numpy as np
        import torch
        from PIL import Image

        picture = Image.open(self.files[place]).convert("RGB").resize((64, 64))
        values = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255
        if torch.rand(()) < 0.5:
            values = values.flip(2)
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
        return (values - mean) / deviation, self.labels[place]


def train_plain() -> list[float]:
    """Train as most projects do; return when each epoch ended."""
    from torch import nn
    from torch.optim import AdamW
    from torch.optim.lr_scheduler import OneCycleLR
    from torch.utils.data import DataLoader

    from reprise.datasets.store import read_store
    from reprise.networks.files import classifier

    params, store = settings(), read_store(Path("store"))
    rows = store.index[store.index["split"] == "train"]
    photos = Photos([str(params.source / file) for file in rows["file"]], rows["label"].tolist())
    loader = DataLoader(photos, params.batch_size, shuffle=True, num_workers=2, persistent_workers=True)
    network = classifier(params.chosen.model, store.schema).backbone
    optimizer = AdamW(network.parameters(), lr=params.lr, weight_decay=params.weight_decay, fused=True)
    schedule = OneCycleLR(optimizer, max_lr=params.lr, total_steps=EPOCHS * len(loader))
    ends, total = [], 0.0
    for _ in range(EPOCHS):
        for pictures, labels in loader:
            loss = nn.functional.cross_entropy(network.head(network.features(pictures)[-1]), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        ends.append(time.perf_counter())
    return ends


def train_ours(*, default: bool) -> list[float]:
    """Train on the store, with flips alone or the default augmentation; return when each epoch ended."""
    from dataclasses import replace

    from reprise.blocks import ImageAugment
    from reprise.datasets.store import read_store
    from reprise.training.settings import settings_of
    from reprise.training.train import train_network

    params, store, ends = settings(), read_store(Path("store")), []
    augment = ImageAugment() if default else ImageAugment(flip=True, rotate=0.0, crop=0.0, colour=0.0)
    chosen = replace(settings_of(params, 0), epochs=EPOCHS, patience=EPOCHS, augment=augment)
    clock = SimpleNamespace(step=lambda: None, epoch=lambda _: ends.append(time.perf_counter()), end=lambda _: None)
    train_network(params.chosen.model, store.schema, chosen, store.subset("train"), store.subset("val"), [clock])
    return ends


def main() -> None:
    """Compare, or train once where the arguments say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pictures, to see that it runs")
    parser.add_argument("--once", choices=VARIANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arithmetic.fix()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if arguments.once:
        plain, _, default = VARIANTS
        once = arguments.once
        ends = train_plain() if once == plain else train_ours(default=once == default)
        print(json.dumps((ends[-1] - ends[0]) / (EPOCHS - 1)))
        return
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        pictures = make_store(PICTURES // 10 if arguments.quick else PICTURES)
        speeds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
        for _ in range(arguments.rounds):
            for variant, measured in speeds.items():
                found = subprocess.run(
                    [sys.executable, __file__, "--once", variant], stdout=subprocess.PIPE, check=True
                )
                measured.append(pictures / json.loads(found.stdout))
    for variant, speed in speeds.items():
        ratios = [mine / plain for mine, plain in zip(speed, speeds["plain"], strict=True)]
        row = f"{variant:28}{statistics.median(speed):6.0f} pictures a second{statistics.median(ratios):8.2f}"
        print(f"{row}   ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
