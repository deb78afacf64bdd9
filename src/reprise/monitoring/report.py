"""The command `reprise drift`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from reprise.bundle import Bundle, FeatureReference, read_bundle
from reprise.monitoring.drift import ENOUGH
from reprise.monitoring.logs import FeatureDrift, LogDrift, drift_of_log

# The customary bounds of the population stability index.
_MODERATE, _LARGE = 0.1, 0.25


def drift_command(paths: Sequence[Path], bundle_folder: Path) -> None:
    """Print how far the inputs in files of the prediction log lie from those that the model was trained on.

    Raises `InputError` where the bundle or a file of the log cannot be used.
    """
    bundle = read_bundle(bundle_folder)
    found = drift_of_log(paths, bundle)
    sys.stdout.write("\n".join([*_summary(found, bundle), "", *_table(found, bundle)]) + "\n")


def _summary(found: LogDrift, bundle: Bundle) -> list[str]:
    left_out = [f"{found.others:,} of other models"] * bool(found.others)
    left_out += [f"{found.cut:,} cut short"] * bool(found.cut)
    lines = [f"{found.predictions:,} predictions by model {bundle.served.sha256[:12]} ({bundle.task})"]
    if left_out:
        lines.append(f"left out: {', '.join(left_out)}")
    if found.predictions:
        shares = (f"{label} {count / found.predictions:.1%}" for label, count in found.labels.items())
        lines.append(f"answers: {', '.join(shares)}")
    if found.predictions < ENOUGH:
        lines.append(f"too few for a drift score, which takes {ENOUGH}")
    return lines


def _table(found: LogDrift, bundle: Bundle) -> list[str]:
    """Return a line for each feature, the one that drifted most first."""
    pairs = zip(found.features, bundle.reference, strict=True)
    ordered = sorted(pairs, key=lambda pair: pair[0].score or 0, reverse=True)
    rows: list[tuple[str, ...]] = [("feature", "drift", "", "mean", "in training", "missing", "in training")]
    rows += [_cells(recent, trained) for recent, trained in ordered]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in rows]


def _cells(recent: FeatureDrift, trained: FeatureReference) -> tuple[str, ...]:
    return (
        recent.name,
        "" if recent.score is None else f"{recent.score:.2f}",
        _verdict(recent.score),
        f"{recent.mean:.4g}",
        f"{trained.mean:.4g}",
        f"{recent.missing:.1%}",
        f"{trained.missing:.1%}",
    )


def _verdict(score: float | None) -> str:
    if score is None or score < _MODERATE:
        return ""
    return "large" if score >= _LARGE else "moderate"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Pad the cells: words on the left, numbers on the right."""
    words = {0, 2}
    return [
        cell.ljust(width) if place in words else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
