"""The processes that train one network together, as torchrun starts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed, nn

from reprise.networks.classifier import Classifier


@dataclass(frozen=True)
class World:
    """One process among as many as train the network; the first one writes."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def share(self, value: Any) -> Any:
        """Return the first process's value in every process."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box)
        return box[0]

    def sum(self, *values: float) -> list[float]:
        """Return the sums over the processes."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=pick_device() if _on_cuda() else "cpu")
        distributed.all_reduce(total)
        found: list[float] = total.tolist()
        return found

    def agree(self, classifier: Classifier) -> None:
        """Give every process the first one's running statistics, which each has measured on its share."""
        if self.size > 1:
            for buffer in classifier.buffers():
                distributed.broadcast(buffer, 0)

    def wrap(self, classifier: Classifier) -> nn.Module:
        """Return what to call in training: gradients are averaged over the processes."""
        return classifier if self.size == 1 else nn.parallel.DistributedDataParallel(classifier)

    def mine(self, rows: Tensor) -> Tensor:
        """Return this process's share of a batch."""
        return rows[self.rank :: self.size]


@contextmanager
def joined() -> Iterator[World]:
    """Join the processes that torchrun has started, over nccl on GPUs and gloo elsewhere; alone without torchrun."""
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        yield World()
        return
    if _on_cuda():
        torch.cuda.set_device(pick_device())
    distributed.init_process_group("nccl" if _on_cuda() else "gloo")
    try:
        yield World(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()


def pick_device() -> torch.device:
    """Return the best device there is: this process's CUDA device, then MPS, then the CPU."""
    if _on_cuda():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _on_cuda() -> bool:
    return torch.cuda.is_available()
