"""The training loop."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from reprise.datasets.store import Subset
from reprise.errors import ParamsError
from reprise.networks.classifier import Classifier
from reprise.training.checkpoint import Checkpoint
from reprise.training.settings import Settings
from reprise.training.watchers import Epoch, Watcher


def fit(
    classifier: Classifier,
    train: Subset,
    val: Subset,
    settings: Settings,
    watchers: Sequence[Watcher] = (),
    checkpoint: Checkpoint | None = None,
) -> list[Epoch]:
    """Train `classifier` in place and leave it with the weights of the epoch of least validation loss.

    Each epoch draws its order and its dropout from the seed and its own number alone, so that a run that
    goes on from `checkpoint` is the run that was never stopped. Returns the epochs; raises `ParamsError`
    where the loss is no longer a number.
    """
    run = _Run(classifier, settings, steps_per_epoch(len(train), settings.batch_size))
    if checkpoint:
        run.restore(checkpoint)
    for epoch in run.history:
        for watcher in watchers:
            watcher.epoch(epoch)
    while len(run.history) < settings.epochs and not _stalled(run.history, settings.patience):
        epoch = run.epoch(train, val, watchers)
        if checkpoint:
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

    def __init__(self, classifier: Classifier, settings: Settings, steps: int) -> None:
        self.device = pick_device()
        if self.device.type == "cuda":
            # On the CPU our operators are deterministic as they are, and this call would load the compiler: a second.
            torch.use_deterministic_algorithms(settings.deterministic)
        self.classifier = classifier.to(self.device)
        self.settings = settings
        # Fused: faster, and without the square root of MKL's vector library, whose bits follow the processor.
        self.optimizer = AdamW(classifier.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True)
        self.schedule = _schedule(self.optimizer, settings, settings.epochs * steps)
        self.mixes = classifier.mixed_precision and self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        self.history: list[Epoch] = []
        self.best = self._weights()

    def epoch(self, train: Subset, val: Subset, watchers: Sequence[Watcher]) -> Epoch:
        """Train on each example once, measure the validation set, and keep the weights where it is the best so far."""
        number = len(self.history) + 1
        torch.manual_seed(number << 32 | self.settings.seed)
        self.classifier.train()
        total = 0.0
        for items, labels in batches(train, self.settings.batch_size, self.device):
            total += self._step(items, labels) * len(labels)
            for watcher in watchers:
                watcher.step()
        val_loss, val_accuracy = self._validate(val)
        if not math.isfinite(total + val_loss):
            found = f"{self.settings.lr}: in epoch {number} the loss is no number"
            raise ParamsError("params.yaml: lr", found, "less of it, or of weight_decay")
        rate = float(self.schedule.get_last_lr()[0])
        epoch = Epoch(number, rate, total / len(train), val_loss, val_accuracy)
        self.history.append(epoch)
        if best_epoch(self.history) is epoch:
            self.best = self._weights()
        return epoch

    def save(self, checkpoint: Checkpoint) -> None:
        """Save all that `restore` needs."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        checkpoint.save({**parts, "best": self.best, "history": [asdict(epoch) for epoch in self.history]})

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to what was saved, if anything was."""
        saved = checkpoint.load()
        if saved:
            for name, part in self._parts().items():
                part.load_state_dict(saved[name])
            self.best = saved["best"]
            self.history = [Epoch(**epoch) for epoch in saved["history"]]

    def _parts(self) -> dict[str, Classifier | AdamW | LRScheduler]:
        return {"classifier": self.classifier, "optimizer": self.optimizer, "schedule": self.schedule}

    def _step(self, items: Tensor, labels: Tensor) -> float:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixes):
            loss = nn.functional.cross_entropy(self.classifier(items), labels)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    @torch.inference_mode()
    def _validate(self, val: Subset) -> tuple[float, float]:
        self.classifier.eval()
        loss, right = 0.0, 0
        for items, labels in batches(val, self.settings.batch_size, self.device, shuffle=False):
            logits = self.classifier(items)
            loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
            right += int((logits.argmax(dim=1) == labels).sum())
        return loss / len(val), right / len(val)

    def _weights(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.classifier.state_dict().items()}


def pick_device() -> torch.device:
    """Return the best device there is: CUDA, then MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return how many batches an epoch has."""
    return math.ceil(examples / batch_size)


def batches(
    subset: Subset, batch_size: int, device: torch.device, *, shuffle: bool = True
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield items and labels on `device`, in an order drawn from torch's generator where `shuffle` asks for it.

    The batches differ by one item at most, so that no last batch of one upsets a step.
    """
    order = torch.randperm(len(subset)) if shuffle else torch.arange(len(subset))
    for rows in torch.tensor_split(order, steps_per_epoch(len(subset), batch_size)):
        chosen = rows.numpy()
        items, labels = torch.from_numpy(subset.items[chosen]), torch.from_numpy(subset.labels[chosen])
        yield items.to(device, non_blocking=True), labels.to(device, non_blocking=True)


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """Return the first epoch of least validation loss."""
    return min(history, key=lambda epoch: epoch.val_loss)


def _stalled(history: Sequence[Epoch], patience: int) -> bool:
    return bool(history) and len(history) - best_epoch(history).number >= patience


def _schedule(optimizer: AdamW, settings: Settings, total: int) -> LRScheduler:
    if settings.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=total)
    return OneCycleLR(optimizer, max_lr=settings.lr, total_steps=total)
