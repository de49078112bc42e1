import numpy as np
import pytest
from matplotlib.colors import to_rgba

from weaklabel.plots import transport_plan
from weaklabel.plots._style import BLUE, ORANGE
from weaklabel.transport import sinkhorn


def plan(n_rows=6, n_columns=3, **options):
    return sinkhorn(np.random.default_rng(0).random((n_rows, n_columns)), epsilon=0.1, **options)


def test_cells_are_the_plan_and_bars_its_marginals():
    found = plan()
    ax = transport_plan(found, row_names=list("uvwxyz"), column_names=["a", "b", "c"])
    np.testing.assert_allclose(ax.images[0].get_array(), found.plan)
    top, right = ax.child_axes
    np.testing.assert_allclose([bar.get_height() for bar in top.patches], found.column_marginal)
    np.testing.assert_allclose([bar.get_width() for bar in right.patches], found.row_marginal)
    assert [name.get_text() for name in ax.get_yticklabels()] == list("uvwxyz")
    assert [name.get_text() for name in ax.get_xticklabels()] == ["a", "b", "c"]
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert all(text == f"{found.plan[y, x]:.2g}" for (x, y), text in written.items())
    assert not top.collections


def test_bars_that_miss_their_target_stand_out():
    ax = transport_plan(plan(column_slack=0.01), row=1 / 6, column=np.array([0.1, 0.0, 0.9]))
    top, right = ax.child_axes
    assert {bar.get_facecolor() for bar in top.patches} == {to_rgba(ORANGE)}
    assert {bar.get_facecolor() for bar in right.patches} == {to_rgba(BLUE)}


def test_bounds_are_spans_and_what_is_within_is_well():
    bounds = (np.array([0.1, 0.2, 0.0]), np.array([0.2, 0.6, 9.0]))
    ax = transport_plan(plan(column=bounds), column=bounds)
    top = ax.child_axes[0]
    assert {bar.get_facecolor() for bar in top.patches} == {to_rgba(BLUE)}
    low, high, spans = (each.get_segments() for each in top.collections)
    np.testing.assert_allclose([line[0, 1] for line in low], bounds[0])
    np.testing.assert_allclose([line[0, 1] for line in high], bounds[1][:2])  # 9 is out of sight
    assert len(spans) == 3
    assert top.get_ylim()[1] < 2


def test_many_rows_are_added_up():
    found = plan(n_rows=1203)
    ax = transport_plan(found, row=1 / 1203)
    lines = ax.images[0].get_array()
    assert len(lines) == 401
    np.testing.assert_allclose(lines.sum(axis=0), found.column_marginal)
    assert ax.get_ylabel() == "1,203 rows, 401 lines"
    assert {bar.get_facecolor() for bar in ax.child_axes[1].patches} == {to_rgba(BLUE)}


def test_tables_and_given_axes_serve_too():
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    assert transport_plan(np.eye(2), ax=ax) is ax


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"plan": np.zeros(3)}, r"one has shape \(3,\)"),
        ({"row_names": ["a"]}, "row_names holds 1 names for 2 rows"),
        ({"column": np.ones(3)}, r"'column' has shape \(3,\) and \(3,\); the plan has 2 columns"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        transport_plan(**({"plan": np.eye(2)} | arguments))
