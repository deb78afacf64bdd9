from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reprise.blocks import ImageModel
from reprise.datasets.store import Subset
from reprise.errors import ArtifactError, ParamsError
from reprise.networks.mlp import Mlp
from reprise.networks.pictures import PictureNet
from reprise.training.checkpoint import Checkpoint
from reprise.training.fit import best_epoch, class_weights, fit
from reprise.training.settings import Settings
from reprise.training.watchers import Epoch

SETTINGS = Settings(12, "one_cycle", 100, 0.01, 0.01, 16, 3, deterministic=True)


def made(rows: int, seed: int) -> Subset:
    items = np.random.default_rng(seed).normal(size=(rows, 2)).astype(np.float32)
    return Subset(items, (items[:, 0] * items[:, 1] > 0).astype(np.int64))


TRAIN, VAL = made(100, 0), made(50, 1)


def mlp() -> Mlp:
    torch.manual_seed(0)
    return Mlp(2, 2, (16,), dropout=0.2)


def weights(network: Mlp) -> list[bytes]:
    return [tensor.numpy().tobytes() for tensor in network.state_dict().values()]


class Recorder:
    def __init__(self, stop_after: int | None = None) -> None:
        self.steps, self.epochs, self.best, self.stop_after = 0, [], None, stop_after

    def step(self) -> None:
        self.steps += 1

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        if epoch.number == self.stop_after:
            raise KeyboardInterrupt

    def end(self, best: Epoch) -> None:
        self.best = best


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_it_learns_what_is_not_linear(schedule) -> None:
    network, recorder = mlp(), Recorder()
    settings = replace(SETTINGS, epochs=60, lr=0.03, schedule=schedule)
    history = fit(network, TRAIN, VAL, settings, [recorder])
    assert best_epoch(history).val_accuracy > 0.8
    assert best_epoch(history).val_loss < 0.6 * history[0].val_loss
    assert recorder.steps == 60 * 7
    assert recorder.epochs == history
    assert recorder.best == best_epoch(history)
    assert history[-1].lr < 0.001


def test_the_best_weights_are_kept() -> None:
    network = mlp()
    history = fit(network, TRAIN, VAL, replace(SETTINGS, epochs=80, lr=0.1))
    best = best_epoch(history)
    assert best is not history[-1]
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(VAL.items))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(VAL.labels))
    assert float(loss) == pytest.approx(best.val_loss, rel=1e-5)


def test_early_stopping() -> None:
    history = fit(mlp(), TRAIN, VAL, replace(SETTINGS, epochs=200, lr=0.1, patience=5))
    assert len(history) < 200
    assert len(history) - best_epoch(history).number == 5


def test_a_loss_that_is_no_number() -> None:
    with pytest.raises(ParamsError, match=r"lr: 1e\+30: in epoch 1 the loss is no number; expected less of it"):
        fit(mlp(), TRAIN, VAL, replace(SETTINGS, lr=1e30))


@pytest.mark.parametrize("stop_after", [1, 5, 12])
def test_a_stopped_run_ends_as_one_that_was_not(tmp_path: Path, stop_after: int) -> None:
    whole = mlp()
    expected = fit(whole, TRAIN, VAL, SETTINGS)

    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "a")
    with pytest.raises(KeyboardInterrupt):
        fit(mlp(), TRAIN, VAL, SETTINGS, [Recorder(stop_after)], checkpoint)
    resumed, recorder = mlp(), Recorder()
    torch.manual_seed(999)
    assert fit(resumed, TRAIN, VAL, SETTINGS, [recorder], checkpoint) == expected
    assert weights(resumed) == weights(whole)
    assert recorder.epochs == expected
    assert recorder.steps == 7 * (12 - stop_after)


def test_another_fingerprint_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(mlp(), TRAIN, VAL, SETTINGS, [Recorder(5)], Checkpoint(path, "a"))
    recorder = Recorder()
    fit(mlp(), TRAIN, VAL, SETTINGS, [recorder], Checkpoint(path, "b"))
    assert recorder.steps == 7 * 12


def test_a_damaged_checkpoint(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "a")
    assert checkpoint.load() is None
    checkpoint.save({"x": torch.ones(1000)})
    content = checkpoint.path.read_bytes()
    for damaged in (b"", b"x" * 50, content[:-900], content[:100]):
        checkpoint.path.write_bytes(damaged)
        with pytest.raises(ArtifactError, match=r"checkpoint\.pt: damaged; expected .* delete it to train anew"):
            checkpoint.load()
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None


def test_every_item_is_seen_once_an_epoch_in_batches_that_differ_by_one_at_most() -> None:
    seen: list[list[float]] = []
    network = mlp()
    network.scaler.register_forward_pre_hook(
        lambda module, given: seen.append(given[0][:, 0].tolist()) if network.training else None
    )
    fit(network, TRAIN, VAL, replace(SETTINGS, epochs=2, batch_size=33))
    assert [len(batch) for batch in seen] == [25] * 8
    first, second = ([value for batch in seen[start : start + 4] for value in batch] for start in (0, 4))
    assert sorted(first) == sorted(second) == sorted(TRAIN.items[:, 0].tolist())
    assert first != second


def test_a_batch_of_one_and_batch_normalisation() -> None:
    pictures = Subset(np.zeros((6, 8, 8, 3), np.uint8), np.arange(6) % 2)
    network = PictureNet(ImageModel(width=4), 2)
    with pytest.raises(ParamsError, match=r"batch_size: 1; expected at least 2, two examples for each process"):
        fit(network, pictures, pictures, replace(SETTINGS, batch_size=1))
    fit(network, pictures, pictures, replace(SETTINGS, batch_size=2, epochs=1))


def test_balanced_class_weights_make_every_class_count_alike() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    assert class_weights(labels, SETTINGS).tolist() == [1, 1]
    weights = class_weights(labels, replace(SETTINGS, class_weights="balanced"))
    assert weights.tolist() == pytest.approx([100 / 180, 5])
    assert float(weights[labels].sum()) == pytest.approx(100)


def test_balanced_class_weights_find_the_rare_class() -> None:
    draw = np.random.default_rng(0)
    labels = (draw.random(600) < 0.06).astype(np.int64)
    items = (draw.normal(size=(600, 2)) + labels[:, None]).astype(np.float32)
    recalls = []
    for kind in ("none", "balanced"):
        network = mlp()
        fit(network, Subset(items, labels), Subset(items, labels), replace(SETTINGS, class_weights=kind))
        with torch.inference_mode():
            found = network.eval()(torch.from_numpy(items)).argmax(1).numpy()
        recalls.append((found[labels == 1] == 1).mean())
    assert recalls[1] > recalls[0] + 0.3
