import numpy as np
import pandas as pd
import pytest

from weaklabel.analysis import summary
from weaklabel.plots import coverage_conflicts


def votes(n_sources=4):
    rng = np.random.default_rng(0)
    said = rng.integers(0, 2, (200, n_sources))
    fires = rng.random((200, n_sources)) < np.linspace(0.1, 0.6, n_sources)
    return pd.DataFrame(np.where(fires, said, -1), columns=[f"s{j}" for j in range(n_sources)])


def test_bars_end_where_the_summary_says():
    frame = votes()
    ax = coverage_conflicts(frame)
    table = summary(frame).iloc[:-1].sort_values("coverage", ascending=False)
    assert [name.get_text() for name in ax.get_yticklabels()] == table.index.tolist()
    for bars, what in zip(ax.containers, ["coverage", "overlaps", "conflicts"], strict=True):
        assert bars.get_label() == what
        assert [bar.get_x() for bar in bars] == [0] * 4
        assert [bar.get_width() for bar in bars] == pytest.approx((100 * table[what]).tolist())
        assert [bar.get_y() + bar.get_height() / 2 for bar in bars] == pytest.approx(range(4))
    top, bottom = sorted(ax.get_ylim())
    assert ax.yaxis_inverted()
    assert (top, bottom) == (-0.5, 3.5)


def test_the_title_tells_about_all_sources():
    frame = pd.DataFrame({"one": [1, 1, -1, -1], "two": [1, 0, -1, -1]})
    title = coverage_conflicts(frame).get_title(loc="left")
    assert title == "50% of the items have a vote, 50% several, 25% conflicting ones"


def test_the_axes_given_are_used_and_have_no_frame():
    from matplotlib import pyplot as plt

    _, given = plt.subplots()
    ax = coverage_conflicts(votes(), ax=given)
    assert ax is given
    assert not ax.spines["top"].get_visible()
    assert not ax.spines["right"].get_visible()


def test_a_new_figure_grows_with_the_sources():
    few, many = (coverage_conflicts(votes(n)).figure.get_size_inches()[1] for n in (4, 40))
    assert many > 2 * few


def test_too_many_names_are_counted_instead():
    ax = coverage_conflicts(votes(101))
    assert ax.get_ylabel() == "101 sources"
    assert len(ax.get_yticks()) == 0
