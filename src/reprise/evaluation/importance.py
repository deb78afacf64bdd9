"""What a network for tables looks at: SHAP values (Lundberg and Lee 2017)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shap
from numpy.typing import NDArray

from reprise.datasets.store import Subset
from reprise.networks.classifier import Network

# Rows to compare with and rows to explain: the mean over more of them changes little and costs time.
_BACKGROUND, _EXPLAINED = 32, 64


def importance(network: Network, train: Subset, test: Subset, features: Sequence[str], seed: int) -> pd.DataFrame:
    """Return how far each feature moves the probabilities: columns feature, importance, the largest first.

    The importance is the mean over test rows and classes of the absolute Shapley value of the probability,
    estimated over permutations of the features against a background of training rows.
    """
    draw = np.random.default_rng(seed)
    background = train.items[np.sort(draw.permutation(len(train))[:_BACKGROUND])]
    explained = test.items[np.sort(draw.permutation(len(test))[:_EXPLAINED])]

    def masked(kept: NDArray[np.bool_], row: NDArray[np.float32]) -> NDArray[np.float32]:
        # A function in place of shap's own masker, which numba would compile for longer than all the rest takes.
        return np.where(kept, row, background)

    explainer = shap.PermutationExplainer(network.probabilities, masked, seed=seed)
    values = explainer(explained, max_evals=4 * (2 * len(features) + 1), silent=True).values  # noqa: PD011 (not pandas)
    mean = np.abs(values).mean(axis=(0, 2))
    table = pd.DataFrame({"feature": list(features), "importance": mean})
    return table.sort_values("importance", ascending=False, kind="stable")
