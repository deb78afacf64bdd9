"""Training on a store, memory-mapped, beside a plain PyTorch loop whose DataLoader reads the files.

    python benchmarks/training.py

Both train the same resnet18 of width 32 on photos of 500 by 375, seen at 64 by 64, with the same batches, optimizer
and schedule, on the CPU under the same `arithmetic.fix()`: the ratio is about the way of the data. The plain loop has
two workers that decode, scale, flip, make floats and normalise. Ours decodes once, before, in the time that is printed;
it flips in the network, and after each epoch it validates a batch or so. Each training runs in a process of its own,
the variants take turns, and the first epoch is not counted.
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
from typing import TYPE_CHECKING

from decoding import photo

from reprise import arithmetic

if TYPE_CHECKING:
    from torch import Tensor

    from reprise.params import Params

VARIANTS = ("plain", "ours", "ours, default augmentation")
TASK = {"modality": "image", "format": "folder", "decode": {"size": 64}, "split": {"val": 0.03, "test": 0.03}}
TASK |= {"model": {"width": 32}, "train": {}, "evaluate": {}, "export": {}}


def settings() -> Params:
    """Return the parameters of all variants."""
    from reprise.params import Params

    shared = {"seed": 0, "deterministic": True, "lr": 0.003, "weight_decay": 0.01, "batch_size": 32}
    return Params.model_validate({"task": "photos", "data": "raw", **shared, "tasks": {"photos": TASK}})


def make(pictures: int) -> float:
    """Write photos of two classes and their store into the current folder; return the seconds for the store."""
    import numpy as np

    from reprise.datasets.prepare import prepare

    params = settings()
    for number in range(pictures):
        folder = params.source / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        photo(np.random.default_rng(number), 500, 375).save(folder / f"{number}.jpg", quality=90)
    start = time.perf_counter()
    prepare(params, Path("store"), workers=2)
    return time.perf_counter() - start


class Photos:
    """What a DataLoader reads: photos at 64 by 64, each flipped or not."""

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


def train_plain(epochs: int) -> list[float]:
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
    loader = DataLoader(photos, params.batch_size, shuffle=True, num_workers=2)
    network = classifier(params.chosen.model, store.schema).backbone
    # Fused like ours, which is faster than the default.
    optimizer = AdamW(network.parameters(), lr=params.lr, weight_decay=params.weight_decay, fused=True)
    schedule = OneCycleLR(optimizer, max_lr=params.lr, total_steps=epochs * len(loader))
    ends, total = [], 0.0
    for _ in range(epochs):
        for pictures, labels in loader:
            loss = nn.functional.cross_entropy(network.head(network.features(pictures)[-1]), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        ends.append(time.perf_counter())
    return ends


def train_ours(epochs: int, *, default: bool) -> list[float]:
    """Train on the store, by flips alone or by the default augmentation; return when each epoch ended."""
    from dataclasses import replace

    from reprise.blocks import ImageAugment
    from reprise.datasets.store import read_store
    from reprise.training.settings import settings_of
    from reprise.training.train import train_network

    params, store, ends = settings(), read_store(Path("store")), []
    augment = ImageAugment() if default else ImageAugment(flip=True, rotate=0.0, crop=0.0, colour=0.0)
    chosen = replace(settings_of(params, 0), epochs=epochs, patience=epochs, augment=augment)

    class Clock:
        def step(self) -> None:
            pass

        def epoch(self, _: object) -> None:
            ends.append(time.perf_counter())

        def end(self, _: object) -> None:
            pass

    train_network(params.chosen.model, store.schema, chosen, store.subset("train"), store.subset("val"), [Clock()])
    return ends


def main() -> None:
    """Compare, or train once where the arguments say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=1024)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--once", choices=VARIANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arithmetic.fix()
    if arguments.once:
        run = train_plain if arguments.once == "plain" else train_ours
        options = {} if arguments.once == "plain" else {"default": arguments.once != "ours"}
        ends = run(arguments.epochs, **options)
        print(json.dumps((ends[-1] - ends[0]) / (arguments.epochs - 1)))
        return
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        print(f"decoding {arguments.pictures} pictures once, for the store: {make(arguments.pictures):.1f} s")
        seconds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
        for _ in range(arguments.rounds):
            for variant, measured in seconds.items():
                command = [sys.executable, __file__, "--once", variant, "--epochs", str(arguments.epochs)]
                environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
                found = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
                measured.append(json.loads(found.stdout))


if __name__ == "__main__":
    main()
