"""The training loop."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from reprise.datasets.store import Subset
from reprise.errors import ParamsError
from reprise.networks.classifier import Classifier
from reprise.training.checkpoint import Checkpoint
from reprise.training.distributed import World, pick_device
from reprise.training.settings import Settings
from reprise.training.watchers import Epoch, Watcher

ALONE = World()


def fit(
    classifier: Classifier,
    train: Subset,
    val: Subset,
    settings: Settings,
    watchers: Sequence[Watcher] = (),
    checkpoint: Checkpoint | None = None,
    world: World = ALONE,
) -> list[Epoch]:
    """Train `classifier` in place and leave it with the weights of the epoch of least validation loss.

    Each epoch draws its order and its dropout from the seed and its own number alone, so that a run that
    goes on from `checkpoint` is the run that was never stopped. The processes of `world` share each batch;
    only the first one's `watchers` and `checkpoint` are used. Returns the epochs; raises `ParamsError` where
    the loss is no longer a number.
    """
    run = _Run(classifier, train, settings, world)
    run.restore(world.share(checkpoint.load() if checkpoint and world.first else None))
    watchers = watchers if world.first else ()
    for epoch in run.history:
        for watcher in watchers:
            watcher.epoch(epoch)
    while len(run.history) < settings.epochs and not _stalled(run.history, settings.patience):
        epoch = run.epoch(val, watchers)
        if checkpoint and world.first:
            run.save(checkpoint)
        for watcher in watchers:
            watcher.epoch(epoch)
    classifier.load_state_dict(run.best)
    classifier.requires_grad_(False)
    for watcher in watchers:
        watcher.end(best_epoch(run.history))
    return run.history


class _Run:
    """A classifier on its way: all that changes from epoch to epoch."""

    def __init__(self, classifier: Classifier, train: Subset, settings: Settings, world: World) -> None:
        self.device = pick_device()
        if self.device.type == "cuda":
            # On the CPU our operators are deterministic as they are, and this call would load the compiler: a second.
            torch.use_deterministic_algorithms(settings.deterministic)
        self.train, self.settings, self.world = train, settings, world
        self.classifier = classifier.to(self.device)
        self.called = world.wrap(self.classifier)
        self.weights = class_weights(train.labels, settings).to(self.device)
        # Fused: faster, and without the square root of MKL's vector library, whose bits follow the processor.
        self.optimizer = AdamW(classifier.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True)
        self.steps = steps_per_epoch(len(train), settings.batch_size)
        _check_batches(classifier, len(train) // self.steps // world.size, settings, world)
        self.schedule = _schedule(self.optimizer, settings, settings.epochs * self.steps)
        self.mixes = classifier.mixed_precision and self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        self.history: list[Epoch] = []
        self.best = self._weights()

    def epoch(self, val: Subset, watchers: Sequence[Watcher]) -> Epoch:
        """Train on each example once, measure the validation set, and keep the weights where it is the best so far."""
        number = len(self.history) + 1
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(self._seed(number)))
        # Every process draws its own dropout and augmentation.
        torch.manual_seed(self._seed(number, 1 + self.world.rank))
        self.classifier.train()
        total = 0.0
        for rows in torch.tensor_split(order, self.steps):
            total += self._step(rows)
            for watcher in watchers:
                watcher.step()
        (train_loss,) = self.world.sum(total / self.steps)
        val_loss, val_accuracy = self._validate(val)
        if not math.isfinite(train_loss + val_loss):
            found = f"{self.settings.lr}: in epoch {number} the loss is no number"
            raise ParamsError("params.yaml: lr", found, "less of it, or of weight_decay")
        rate = float(self.schedule.get_last_lr()[0])
        epoch = Epoch(number, rate, train_loss, val_loss, val_accuracy)
        self.history.append(epoch)
        if best_epoch(self.history) is epoch:
            self.best = self._weights()
        return epoch

    def save(self, checkpoint: Checkpoint) -> None:
        """Save all that `restore` needs."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        checkpoint.save({**parts, "best": self.best, "history": [asdict(epoch) for epoch in self.history]})

    def restore(self, saved: dict[str, Any] | None) -> None:
        """Go back to what was saved, if anything was."""
        if saved:
            for name, part in self._parts().items():
                part.load_state_dict(saved[name])
            self.best = saved["best"]
            self.history = [Epoch(**epoch) for epoch in saved["history"]]

    def _parts(self) -> dict[str, Classifier | AdamW | LRScheduler]:
        return {"classifier": self.classifier, "optimizer": self.optimizer, "schedule": self.schedule}

    def _seed(self, *numbers: int) -> int:
        # torch's generator takes 32 bits of its seed and leaves the rest aside: they must hold all of it.
        return int(np.random.SeedSequence([self.settings.seed, *numbers]).generate_state(1)[0])

    def _step(self, rows: Tensor) -> float:
        """Take one step; return this process's share of the batch's loss."""
        items, labels = to_device(self.train, self.world.mine(rows), self.device)
        # The share of this process in the mean over the whole batch, whose weights may lie unequally.
        weight = self.weights[torch.from_numpy(self.train.labels[rows.numpy()]).to(self.device)].sum()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixes):
            loss = nn.functional.cross_entropy(self.called(items), labels, self.weights, reduction="sum") / weight
        self.optimizer.zero_grad()
        (loss * self.world.size).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    @torch.inference_mode()
    def _validate(self, val: Subset) -> tuple[float, float]:
        """Return the mean loss, weighed by class as in training, and the accuracy."""
        self.world.agree(self.classifier)
        self.classifier.eval()
        loss = weight = right = 0.0
        mine = self.world.mine(torch.arange(len(val)))
        for rows in torch.split(mine, self.settings.batch_size):
            items, labels = to_device(val, rows, self.device)
            logits = self.classifier(items)
            loss += float(nn.functional.cross_entropy(logits, labels, self.weights, reduction="sum"))
            weight += float(self.weights[labels].sum())
            right += int((logits.argmax(dim=1) == labels).sum())
        loss, weight, right = self.world.sum(loss, weight, right)
        return loss / weight, right / len(val)

    def _weights(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.classifier.state_dict().items()}


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return how many batches an epoch has."""
    return math.ceil(examples / batch_size)


def to_device(subset: Subset, rows: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the items and labels at these rows, on `device`."""
    chosen = rows.numpy()
    items, labels = torch.from_numpy(subset.items[chosen]), torch.from_numpy(subset.labels[chosen])
    return items.to(device, non_blocking=True), labels.to(device, non_blocking=True)


def class_weights(labels: NDArray[np.int64], settings: Settings) -> Tensor:
    """Return what an example of each class counts: 1, or N / (classes * N of its class) where they are balanced."""
    counts = np.bincount(labels)
    if settings.class_weights == "none":
        return torch.ones(len(counts))
    return torch.from_numpy(len(labels) / (len(counts) * counts)).float()


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """Return the first epoch of least validation loss."""
    return min(history, key=lambda epoch: epoch.val_loss)


def _check_batches(classifier: Classifier, smallest: int, settings: Settings, world: World) -> None:
    """Raise `ParamsError` where a process's share of a batch, `smallest`, is too small to train on."""
    normalises = any(isinstance(module, nn.BatchNorm2d) for module in classifier.modules())
    if smallest < 1 + normalises:
        reason = "two examples for each process: batch normalisation compares them" if normalises else "one for each"
        expected = f"at least {(1 + normalises) * world.size}, {reason}"
        raise ParamsError("params.yaml: batch_size", str(settings.batch_size), expected)


def _stalled(history: Sequence[Epoch], patience: int) -> bool:
    return bool(history) and len(history) - best_epoch(history).number >= patience


def _schedule(optimizer: AdamW, settings: Settings, total: int) -> LRScheduler:
    if settings.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=total)
    return OneCycleLR(optimizer, max_lr=settings.lr, total_steps=total)
