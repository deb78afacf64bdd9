"""How alike the layers of networks from different seeds are.

Linear CKA is Kornblith et al. 2019, section 3: ||y'x||² / (||x'x|| ||y'y||), of centred activations and in Frobenius
norms. SVCCA is Raghu et al. 2017: the canonical correlations, on average, between the leading singular directions
of two layers. Both follow from covariances, so activations are looked at batch by batch and none is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reprise.items import Items

Activations = Callable[[NDArray[Any]], Sequence[NDArray[Any]]]
_Layer = tuple[int, str]

# The share of the variance that SVCCA keeps, as published.
_VARIANCE = 0.99


class Moments:
    """The centred cross products x'y of these pairs of layers, over all batches that were added.

    Batches are merged around their own means (Chan, Golub and LeVeque 1979): the difference of large sums, which
    x'y - n mean(x) mean(y) is, would lose the digits of layers whose mean is far from zero.
    """

    def __init__(self, pairs: Sequence[tuple[_Layer, _Layer]]) -> None:
        self.products: dict[tuple[_Layer, _Layer], NDArray[np.float64] | float] = dict.fromkeys(pairs, 0.0)
        self._means: dict[_Layer, NDArray[np.float64] | float] = {}
        self._count = 0

    def add(self, batch: Mapping[_Layer, NDArray[Any]]) -> None:
        """Take in the activations of some more items: [n, width of the layer], the same items for every layer."""
        size = len(next(iter(batch.values())))
        total = self._count + size
        centred = {}
        for layer, activations in batch.items():
            values = activations.astype(np.float64)
            mean, before = values.mean(axis=0), self._means.get(layer, 0.0)
            # One row more stands for the way between the mean of this batch and that of all before it.
            way = np.sqrt(self._count * size / total) * (mean - before)
            centred[layer] = np.vstack([values - mean, way])
            self._means[layer] = before + (mean - before) * (size / total)
        for first, second in self.products:
            self.products[first, second] += centred[first].T @ centred[second]
        self._count = total


def similarity(activations: Mapping[int, Activations], items: Items, layers: Sequence[str], batch: int) -> pd.DataFrame:
    """Compare every layer of one network with every layer of another, for each pair of seeds, `batch` items a time.

    `activations` gives by seed the function from items [n, *shape] to float32 [n, width] for each of `layers`; it
    is called once a batch. Returns the columns measure (cka or svcca), seeds ("0 and 1"), first, second (the layer
    of the first seed and that of the second) and similarity, from 0 to 1. A layer that never changes is like no
    other: 0. SVCCA needs more items than directions that it keeps; with fewer, any two layers look alike.
    """
    pairs = [
        ((one, first), (other, second))
        for one, other in combinations(activations, 2)
        for first, second in product(layers, layers)
    ]
    own = [((seed, layer), (seed, layer)) for seed in activations for layer in layers]
    moments = Moments([*own, *pairs])
    for start in range(0, len(items), batch):
        values = items[start : start + batch]
        moments.add(
            {
                (seed, layer): found
                for seed, compute in activations.items()
                for layer, found in zip(layers, compute(values), strict=True)
            }
        )
    products = {pair: np.asarray(found) for pair, found in moments.products.items()}
    norms = {layer: float(np.linalg.norm(products[layer, layer])) for layer, _ in own}
    directions = {layer: _directions(products[layer, layer]) for layer, _ in own}
    rows = []
    for measure in ("cka", "svcca"):
        for first, second in pairs:
            if measure == "cka":
                found = _cka(products[first, second], norms[first] * norms[second])
            else:
                found = _svcca(products[first, second], directions[first], directions[second])
            rows.append((measure, f"{first[0]} and {second[0]}", first[1], second[1], found))
    return pd.DataFrame(rows, columns=["measure", "seeds", "first", "second", "similarity"])


def mean_by_layer(table: pd.DataFrame) -> dict[str, float]:
    """Return how alike each layer and its namesake are, on average over pairs of seeds: "cka_hidden1" and so on."""
    same = table[table["first"] == table["second"]]
    means = same["similarity"].groupby(same["measure"] + "_" + same["first"], sort=False).mean()
    return {str(name): float(value) for name, value in means.items()}


def _cka(products: NDArray[np.float64], norms: float) -> float:
    return min(1.0, float(np.square(products).sum()) / norms) if norms else 0.0


def _directions(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the leading directions of a layer as columns that make them of unit length: [width, kept]."""
    values, vectors = np.linalg.eigh(products)
    values, vectors = values[::-1].clip(min=0), vectors[:, ::-1]
    variance = values.cumsum()
    # Squared singular values are variances. What is left out is far above rounding, so none kept is near zero.
    kept = int(np.searchsorted(variance, _VARIANCE * variance[-1])) + 1 if variance[-1] else 0
    unit: NDArray[np.float64] = vectors[:, :kept] / np.sqrt(values[:kept])
    return unit


def _svcca(products: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    if not first.size or not second.size:
        return 0.0
    correlations = np.linalg.svd(first.T @ products @ second, compute_uv=False)
    return float(correlations.clip(max=1).mean())
