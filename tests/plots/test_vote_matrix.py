import numpy as np
import pandas as pd
from analysis_brute import evidence
from matplotlib.colors import to_hex, to_rgba

from weaklabel.plots import vote_matrix
from weaklabel.plots._style import BLACK, SILENT, class_colors


def drawn(ax):
    """Codes of the image, -1 where it is silent."""
    return ax.images[0].get_array().filled(-1)


def test_every_vote_is_drawn_and_equal_rows_stand_together():
    rng = np.random.default_rng(0)
    votes = rng.integers(-1, 2, (60, 3))
    ax = vote_matrix(pd.DataFrame(votes, columns=["one", "two", "three"]))
    rows = drawn(ax)
    assert sorted(map(tuple, rows)) == sorted(map(tuple, votes))
    changes = (np.diff(rows, axis=0) != 0).any(axis=1).sum()
    assert changes + 1 == len(np.unique(votes, axis=0))
    assert rows[-1].tolist() == [-1, -1, -1]  # items without a vote come last
    assert [name.get_text() for name in ax.get_xticklabels()] == ["one", "two", "three"]
    assert ax.get_ylabel() == "60 items, sorted by votes"


def test_colors_are_those_of_the_legend():
    frame = pd.DataFrame(
        {"s": ["a", {"b", "c"}, None, {"a": 0.1, "b": 0.9, "c": 0.0}], "t": ["c", "c", None, None]},
        dtype=object,
    )
    ax = vote_matrix(evidence(frame))
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["a", "b", "c", "several classes", "silent"]
    shown = [to_hex(patch.get_facecolor()) for patch in ax.get_legend().get_patches()]
    assert shown == [c.lower() for c in [*class_colors(3), BLACK, SILENT]]
    image = ax.images[0]
    assert drawn(ax).tolist() == [[0, 2], [1, -1], [3, 2], [-1, -1]]
    colors = image.cmap(image.norm(image.get_array()))
    assert colors[2, 0].tolist() == list(to_rgba(BLACK))
    assert colors[3, 0].tolist() == list(to_rgba(SILENT))
    assert colors[0, 1].tolist() == list(to_rgba(class_colors(3)[2]))


def test_of_many_items_some_are_shown_at_equal_distances():
    votes = np.repeat([0, 1, -1, 1], [4000, 1000, 3000, 2000])
    ax = vote_matrix(pd.DataFrame({"s": votes}), max_items=100)
    shares = [(drawn(ax) == code).mean() for code in (0, 1, -1)]
    assert np.allclose(shares, [0.4, 0.3, 0.3], atol=0.02)
    assert ax.get_ylabel() == "100 of 10,000 items, sorted by votes"


def test_class_colors_differ():
    for n in (2, 7, 8, 10, 25):
        assert len({to_hex(color) for color in class_colors(n)}) == n
