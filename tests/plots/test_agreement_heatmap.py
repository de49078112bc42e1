import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba

from weaklabel.analysis import agreement
from weaklabel.plots import agreement_heatmap
from weaklabel.plots._style import NEVER


def votes(n=400, m=5):
    rng = np.random.default_rng(0)
    said = np.where(rng.random((n, m)) < 0.5, rng.integers(0, 2, (n, m)), -1)
    frame = pd.DataFrame(said, columns=[f"s{j}" for j in range(m)])
    return frame.assign(copy=frame["s0"], silent=-1)


def test_cells_are_the_agreement_of_the_sources_they_are_named_after():
    frame = votes()
    ax = agreement_heatmap(frame)
    names = [name.get_text() for name in ax.get_yticklabels()]
    assert names == [name.get_text() for name in ax.get_xticklabels()]
    assert sorted(names) == sorted(frame.columns)
    expected = agreement(frame).loc[names, names].to_numpy()
    found = ax.images[0].get_array()
    np.testing.assert_array_equal(found.filled(np.nan), expected)
    assert found.mask.any()
    image = ax.images[0]
    row = names.index("silent")
    assert image.cmap(image.norm(found))[row, 0].tolist() == list(to_rgba(NEVER))
    assert image.get_clim() == (0, 1)
    written = {(text.get_position(), text.get_text()) for text in ax.texts}
    for (i, j), value in np.ndenumerate(expected):
        assert (((j, i), f"{value:.0%}") in written) == (i != j and not np.isnan(value))


def test_sources_that_agree_stand_together_and_copies_are_framed():
    ax = agreement_heatmap(votes())
    names = [name.get_text() for name in ax.get_yticklabels()]
    i, j = names.index("s0"), names.index("copy")
    assert abs(i - j) == 1
    assert {frame.get_xy() for frame in ax.patches} == {(i - 0.5, j - 0.5), (j - 0.5, i - 0.5)}


def test_many_sources_have_no_numbers_and_two_keep_their_order():
    assert not agreement_heatmap(votes(m=15)).texts
    ax = agreement_heatmap(votes()[["s1", "s0"]])
    assert [name.get_text() for name in ax.get_xticklabels()] == ["s1", "s0"]
