import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.plots import bag_shares

BAGS = pd.Series([*"AAAABBC"], index=[f"i{k}" for k in range(7)])
SPAM = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.9])  # shares .25, .5, .9


def made(*statements, classes=("spam", "ham")):
    return wl.Evidence(BAGS.index, classes=list(classes)).with_bags(BAGS, *statements)


def posterior_of(evidence):
    rest = len(evidence.classes) - 1
    p = np.column_stack([SPAM, *[(1 - SPAM) / rest] * rest])
    return wl.Independent().solve(np.log(p), evidence)


def draw(*statements, **settings):
    evidence = made(*statements)
    return bag_shares(evidence, posterior_of(evidence), **settings)


def points(ax):
    """What holds, and what is broken."""
    good, broken = (each.get_offsets().data for each in ax.collections[-2:])
    return sorted(good.round(6).tolist()), sorted(broken.round(6).tolist())


def names(ax):
    return {text.get_text() for text in ax.texts}


def keys(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_points_are_shares_stated_and_found_and_as_large_as_their_bags():
    ax = draw(wl.Proportion("spam", share={"A": 0.25, "B": 0.505, "C": 0.2}))
    assert points(ax) == ([[0.25, 0.25], [0.505, 0.5]], [[0.2, 0.9]])
    good, broken = ax.collections[-2:]
    b, a = good.get_sizes()  # furthest off first
    assert a > b > broken.get_sizes()[0]
    assert ax.get_title(loc="left") == "'spam': 1 of 3 statements broken by more than 1%"
    assert names(ax) == {"C"}
    assert keys(ax) == ["holds", "broken", "1 item", "4 items"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("share stated", "share under the posterior")
    assert ax.get_xlim() == ax.get_ylim()


def test_tolerance_says_what_is_broken():
    share = wl.Proportion("spam", share={"A": 0.25, "B": 0.505, "C": 0.2})
    assert len(points(draw(share, tolerance=0))[1]) == 2
    assert len(points(draw(share, tolerance=0.8))[1]) == 0
    assert keys(draw(share, tolerance=0.8)) == ["holds", "1 item", "4 items"]


def test_the_worst_in_items_are_named_as_often_as_asked():
    share = wl.Proportion("spam", share={"A": 0.75, "B": 0.1, "C": 0.1})  # off 2, .8 and .8 items
    assert names(draw(share, names=0)) == set()
    assert names(draw(share, names=1)) == {"A"}
    assert names(draw(share)) == {"A", "B", "C"}


def test_names_stand_apart_and_within_the_axes():
    bags = pd.Series(np.arange(40), index=[f"i{k}" for k in range(40)])
    evidence = wl.Evidence(bags.index, classes=["spam", "ham"])
    evidence = evidence.with_bags(bags, wl.Count("spam", number=0))
    p = np.full(40, 0.5) + np.arange(40) * 1e-4
    found = wl.Independent().solve(np.log(np.column_stack([p, 1 - p])), evidence)
    ax = bag_shares(evidence, found, names=6)
    heights = sorted(text.get_position()[1] for text in ax.texts)
    span = np.ptp(ax.get_ylim())
    assert len(heights) == 6
    assert np.diff(heights).min() > 0.05 * span
    assert heights[-1] < ax.get_ylim()[1]


def test_an_interval_counts_from_its_nearest_end_and_is_drawn():
    ax = draw(wl.Proportion("spam", share={"A": 0.3, "B": 0.2, "C": 0.5}, within=0.1))
    assert points(ax) == ([[0.25, 0.25]], [[0.3, 0.5], [0.6, 0.9]])
    lines = [segment.round(6).tolist() for segment in ax.collections[0].get_segments()]
    assert lines == [[[0.1, 0.5], [0.3, 0.5]], [[0.4, 0.9], [0.6, 0.9]], [[0.2, 0.25], [0.4, 0.25]]]
    assert "what is allowed" in keys(ax)


def test_noise_allows_two_scales_on_both_sides():
    ax = draw(wl.Proportion("spam", share={"A": 0.4, "B": 0.1, "C": 1.2}, scale=0.1))
    good, broken = points(ax)
    assert good == [[0.4, 0.25], [1.0, 0.9]]
    assert broken == [[0.1, 0.5]]
    assert "± 2 scales of noise" in keys(ax)
    ends = {tuple(segment[:, 0].round(6)) for segment in ax.collections[0].get_segments()}
    assert ends == {(0.2, 0.6), (0.0, 0.3), (0.8, 1.0)}


def test_noise_of_counts_is_in_items():
    ax = draw(wl.Count("spam", number={"A": 2, "B": 0}, scale=0.4, noise="laplace"))
    ends = {tuple(segment[:, 0].round(6)) for segment in ax.collections[0].get_segments()}
    assert ends == {(0.3, 0.7), (0.0, 0.4)}


def test_one_sided_statements_draw_no_lines():
    ax = draw(wl.AtLeast("spam"))
    assert points(ax)[1] == [[1.0, 0.9]]
    assert len(ax.collections[0].get_segments()) == 0
    assert keys(ax) == ["holds", "broken", "1 item", "4 items"]


def test_all_or_none_counts_from_the_nearer():
    ax = draw(wl.SameLabel("spam"), tolerance=0.2)
    assert points(ax)[1] == [[0.0, 0.25], [0.0, 0.5]]
    assert points(ax)[0] == [[1.0, 0.9]]


def test_a_class_is_chosen_or_each_has_a_small_picture():
    evidence = made(
        wl.Proportion("c", share=0.3), wl.Proportion("a", share=0.2), classes=["a", "b", "c", "d"]
    )
    posterior = posterior_of(evidence)
    small = bag_shares(evidence, posterior)
    assert [ax.get_title(loc="left") for ax in small] == [
        "'a': 3 of 3 broken",
        "'c': 3 of 3 broken",
    ]
    assert small[0].get_xlim() == small[1].get_ylim()
    assert small[0].figure is small[1].figure
    one = bag_shares(evidence, posterior, of="c")
    assert one.get_title(loc="left").startswith("'c': 3 of 3")
    with pytest.raises(ValueError, match=r"about several classes \('a', 'c'\).*Choose one by of="):
        bag_shares(evidence, posterior, ax=one)


def test_what_is_left_over_in_a_grid_is_empty():
    classes = ["a", "b", "c", "d"]
    evidence = made(*(wl.Proportion(name, share=0.25) for name in classes), classes=classes)
    small = bag_shares(evidence, posterior_of(evidence))
    assert len(small) == 4
    assert [ax.axison for ax in small[0].figure.axes] == [True] * 4 + [False] * 2


def test_the_axes_given_are_used():
    from matplotlib import pyplot as plt

    _, given = plt.subplots()
    assert draw(wl.Proportion("spam", share=0.5), ax=given) is given
    assert not given.spines["top"].get_visible()


def test_the_report_says_nothing_of_bags_that_statements_leave_out():
    ax = draw(wl.Proportion("spam", share={"B": 0.5}))
    assert points(ax) == ([[0.5, 0.5]], [])
    assert keys(ax) == ["holds", "2 items"]


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match=r"Nothing is stated about 'ham'.*are about 'spam'"):
        draw(wl.Proportion("spam", share=0.5), of="ham")
    empty = wl.Evidence(BAGS.index, classes=["spam", "ham"])
    with pytest.raises(ValueError, match=r"about any class in a bag.*about none.*with_bags"):
        bag_shares(empty, posterior_of(empty))
    many = [f"c{k}" for k in range(10)]
    evidence = made(*(wl.Proportion(name, share=0.1) for name in many), classes=many)
    with pytest.raises(ValueError, match=r"about 10 classes\. Choose one by of="):
        bag_shares(evidence, posterior_of(evidence))
