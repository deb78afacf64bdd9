import numpy as np
import pytest

from reprise.evaluation.similarity import mean_by_layer, similarity

DRAW = np.random.default_rng(0)
ITEMS = DRAW.normal(size=(300, 10)).astype(np.float32)


def compare(first, second, batch=64):
    """CKA and SVCCA of two arrays of activations, as of two networks of one layer."""
    places = np.arange(len(first))
    table = similarity({0: lambda rows: [first[rows]], 1: lambda rows: [second[rows]]}, places, ["layer"], batch)
    assert table["measure"].tolist() == ["cka", "svcca"]
    return tuple(table["similarity"])


def hsic_cka(first, second):
    """Kornblith et al. 2019, eq. 3 and 4, by Gram matrices."""
    centre = np.eye(len(first)) - 1 / len(first)
    gram = [centre @ (values @ values.T) @ centre for values in (first.astype(np.float64), second.astype(np.float64))]
    return (gram[0] * gram[1]).sum() / np.sqrt(np.square(gram[0]).sum() * np.square(gram[1]).sum())


def direct_svcca(first, second):
    """Raghu et al. 2017, by the singular value decomposition of the activations themselves."""
    bases = []
    for values in (first.astype(np.float64), second.astype(np.float64)):
        left, sizes, _ = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
        shares = np.cumsum(sizes**2) / np.sum(sizes**2)
        kept = int(np.argmax(shares >= 0.99)) + 1
        bases.append(np.linalg.qr(left[:, :kept] * sizes[:kept])[0])
    return np.linalg.svd(bases[0].T @ bases[1], compute_uv=False).mean()


def hidden(width, seed, items=ITEMS):
    weights = np.random.default_rng(seed).normal(size=(items.shape[1], width))
    return np.maximum(items @ weights, 0).astype(np.float32)


@pytest.mark.parametrize("shift", [0, 10_000])
@pytest.mark.parametrize(("one", "other"), [(16, 16), (16, 40), (5, 30)])
def test_both_agree_with_their_definitions(one, other, shift) -> None:
    first, second = hidden(one, 1) + np.float32(shift), hidden(other, 2)
    cka, svcca = compare(first, second)
    assert cka == pytest.approx(hsic_cka(first, second), abs=1e-9)
    assert svcca == pytest.approx(direct_svcca(first, second), abs=1e-9)
    assert 0.1 < cka < 0.95
    assert 0.1 < svcca < 0.95


def test_what_is_turned_or_scaled_or_moved_is_the_same() -> None:
    layer = hidden(12, 1).astype(np.float64)
    turn = np.linalg.qr(DRAW.normal(size=(12, 12)))[0]
    for other in (layer, layer @ turn, layer * 1000, layer - 50):
        assert compare(layer, other) == pytest.approx((1, 1), abs=1e-9)


def test_only_svcca_does_not_see_a_stretch() -> None:
    layer = DRAW.normal(size=(300, 4))
    cka, svcca = compare(layer, layer * [1, 2, 3, 4])
    assert cka < 0.95
    assert svcca == pytest.approx(1)


def test_independent_noise_is_hardly_alike() -> None:
    cka, svcca = compare(DRAW.normal(size=(20_000, 8)), DRAW.normal(size=(20_000, 8)), batch=5000)
    assert cka < 0.01
    assert svcca < 0.05


def test_the_size_of_the_batches_does_not_matter() -> None:
    first, second = hidden(16, 1) + np.float32(100), hidden(16, 2)
    for batch in (1, 7, 299, 300, 1000):
        assert compare(first, second, batch) == pytest.approx(compare(first, second), abs=1e-12)


def test_constant_features_change_nothing_and_a_constant_layer_is_like_nothing() -> None:
    layer, constant = hidden(8, 1), np.full((300, 3), 0.1, np.float32)
    with_constants = np.hstack([layer, constant, np.zeros((300, 5), np.float32)])
    assert compare(with_constants, layer) == pytest.approx((1, 1), abs=1e-9)
    for other in (layer, constant):
        for batch in (7, 64):
            assert compare(constant, other, batch) == (0, 0)
            assert compare(other, constant, batch) == (0, 0)


def test_more_features_than_items() -> None:
    first, second = hidden(200, 1, ITEMS[:30]), hidden(90, 2, ITEMS[:30])
    cka, svcca = compare(first, second)
    assert cka == pytest.approx(hsic_cka(first, second), abs=1e-9)
    assert svcca == pytest.approx(direct_svcca(first, second), abs=1e-9)


def test_all_pairs_of_seeds_and_layers_with_one_call_a_batch() -> None:
    sizes = {7: [], 3: [], 5: []}

    def network(seed):
        def activations(items):
            sizes[seed].append(len(items))
            first = hidden(12, seed, items)
            return [first, hidden(6, seed, first)]

        return activations

    table = similarity({seed: network(seed) for seed in sizes}, ITEMS, ["hidden1", "hidden2"], 128)
    assert list(sizes.values()) == [[128, 128, 44]] * 3
    assert table.columns.tolist() == ["measure", "seeds", "first", "second", "similarity"]
    assert len(table) == 2 * 3 * 4
    assert table["seeds"].unique().tolist() == ["7 and 3", "7 and 5", "3 and 5"]
    assert table["similarity"].between(0, 1).all()
    values = table.set_index(["measure", "seeds", "first", "second"])["similarity"]
    first, last = hidden(12, 7), hidden(6, 5, hidden(12, 5))
    assert values["cka", "7 and 5", "hidden1", "hidden2"] == pytest.approx(hsic_cka(first, last))
    assert values["svcca", "7 and 5", "hidden1", "hidden2"] == pytest.approx(direct_svcca(first, last))

    means = mean_by_layer(table)
    assert list(means) == ["cka_hidden1", "cka_hidden2", "svcca_hidden1", "svcca_hidden2"]
    of_pairs = [values["cka", seeds, "hidden1", "hidden1"] for seeds in table["seeds"].unique()]
    assert means["cka_hidden1"] == pytest.approx(np.mean(of_pairs))


def test_one_network_has_no_pair() -> None:
    table = similarity({0: lambda items: [items]}, ITEMS, ["layer"], 100)
    assert len(table) == 0
    assert mean_by_layer(table) == {}
