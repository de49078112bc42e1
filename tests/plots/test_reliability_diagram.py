import numpy as np
import pytest

from weaklabel.analysis import ece, reliability
from weaklabel.plots import reliability_diagram


def case(seed=0, n=500, k=3):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), n)
    return rng.integers(0, k, n), p


def heights(bars):
    return np.array([bar.get_height() for bar in bars])


def test_points_and_bars_are_the_table():
    gold, p = case()
    ax = reliability_diagram(gold, p)
    table = reliability(gold, p)
    filled = table[table["n"] > 0]
    points = ax.collections[0].get_offsets()
    np.testing.assert_allclose(points, filled[["confidence", "accuracy"]])
    np.testing.assert_allclose(ax.lines[1].get_xydata(), filled[["confidence", "accuracy"]])
    assert np.argmax(ax.collections[0].get_sizes()) == np.argmax(filled["n"])
    bars = ax.containers[0]
    np.testing.assert_allclose(heights(bars) / heights(bars).max(), table["n"] / table["n"].max())
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    np.testing.assert_allclose(middles, [interval.mid for interval in table.index])
    assert [text.get_text() for text in ax.texts] == [str(n) for n in filled["n"]]
    assert ax.get_title(loc="left") == f"ECE {ece(gold, p):.3f}, 500 items"


def test_the_diagonal_runs_from_the_first_bin_that_is_filled():
    gold, p = case(k=2)
    ax = reliability_diagram(gold, p)
    assert ax.lines[0].get_xydata().tolist() == [[0.5, 0.5], [1, 1]]
    assert ax.get_xlim()[0] == 0.5


def test_several_are_named_with_their_error():
    gold, p = case()
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    ax = reliability_diagram(gold, {"plain": p, "sharp": sharp}, bins=5)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    errors = ece(gold, p, bins=5), ece(gold, sharp, bins=5)
    assert names == [f"plain, ECE {errors[0]:.3f}", f"sharp, ECE {errors[1]:.3f}"]
    assert len(ax.containers) == 2
    most = max(reliability(gold, q, bins=5)["n"].max() for q in (p, sharp))
    for bars, q in zip(ax.containers, (p, sharp), strict=True):
        np.testing.assert_allclose(heights(bars), 0.2 * reliability(gold, q, bins=5)["n"] / most)
    first, second = (bars[0] for bars in ax.containers)
    assert first.get_x() + first.get_width() == pytest.approx(second.get_x())
    assert not ax.texts


def test_one_with_a_name_has_it_in_the_title():
    gold, p = case()
    title = reliability_diagram(gold, {"votes": p}).get_title(loc="left")
    assert title.startswith("votes: ECE ")


def test_nothing_to_draw_says_so():
    with pytest.raises(ValueError, match=r"the dict is empty.*Pass a posterior"):
        reliability_diagram([0], {})
