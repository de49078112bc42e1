"""Labels by hand: which are wrong, which to ask for, and which sources they depend on."""

import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted
from sklearn.exceptions import NotFittedError

import weaklabel as wl
from weaklabel.analysis.worth_labeling import _gains

CASE = wl.datasets.unipolar(n_items=3000, random_state=0)
EVIDENCE = wl.Evidence(CASE.votes.index, classes=CASE.classes).with_votes(CASE.votes)


# ---- gold that is wrong ---------------------------------------------------------------------


def spoiled(n=2000, seed=0):
    """Probabilities, and gold of which one in twenty is another class."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.3, 0.3, 0.3], n)
    truth = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    bad = rng.random(n) < 0.05
    gold = np.where(bad, (truth + rng.integers(1, 3, n)) % 3, truth)
    index = pd.Index([f"item {i}" for i in rng.permutation(n)])
    classes = ["x", "y", "z"]
    return pd.DataFrame(p, index, classes), pd.Series(np.take(classes, gold), index), bad


def test_planted_errors_come_first_and_are_counted():
    p, gold, bad = spoiled()
    table = wl.gold_errors(gold, p)
    found = pd.Series(bad, p.index)[table.index]
    assert found.iloc[:20].mean() > 0.9
    assert table["wrong"].is_monotonic_decreasing
    assert table["wrong"].sum() == pytest.approx(bad.sum(), rel=0.25)
    assert (table["gold"].astype(object) == gold[table.index]).all()


def test_what_is_told_of_an_item_is_read_off_its_row():
    p, gold, _ = spoiled(n=50)
    table = wl.gold_errors(gold.iloc[:30], p)
    assert len(table) == 30
    for item, row in table.iterrows():
        others = p.loc[item].drop(gold[item])
        assert row["suggested"] == others.idxmax()
        assert row["margin"] == pytest.approx(others.max() - p.loc[item, gold[item]])


def test_habits_of_those_who_gave_gold_are_learned():
    """Gold says y for half of what is x, so that a y is worth little."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 4000)
    p = np.where(truth[:, None] == [0, 1], 0.9, 0.1)
    gold = np.where((truth == 0) & (rng.random(4000) < 0.5), 1, truth)
    table = wl.gold_errors(gold, p).sort_index()
    doubt = table["wrong"].to_numpy()
    assert doubt[(gold == 1) & (truth == 0)].mean() > 0.75
    assert doubt[(gold == 0)].max() < 0.2


def test_what_no_gold_explains_keeps_its_probabilities():
    table = wl.gold_errors(["x", "y"], pd.DataFrame({"x": [0.0, 0.0], "y": [1.0, 1.0]}))
    assert table["wrong"].tolist() == [1.0, 0.0]


# ---- labels to ask for ----------------------------------------------------------------------


def test_gain_is_the_expected_number_of_errors_less():
    """Against every class that the label may turn out to be."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        counts, mass = rng.gamma(1.0, 2.0, 3), rng.uniform(1, 30)
        share = counts / counts.sum()
        now = mass * (1 - share.max())
        then = 0.0
        for y in range(3):
            seen = counts + np.eye(3)[y]
            then += share[y] * (mass - 1) * (1 - seen.max() / seen.sum())
        found = _gains(counts[None], np.array([mass]), np.ones(1))
        assert found[0] == pytest.approx(now - then)
        assert found[0] > -1e-12


def test_open_and_common_patterns_come_first():
    votes = pd.DataFrame(
        {"a": ["x"] * 12, "b": ["y"] * 8 + ["x"] * 4, "c": [None] * 10 + ["y"] * 2}
    )
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    model = fitted(wl.MajorityVote(), evidence)
    table = wl.worth_labeling(model, evidence, 3)
    assert table.index[0] == 0
    assert table["alike"].iloc[0] == 8
    assert table["confidence"].iloc[0] == 0.5
    assert table["gain"].is_monotonic_decreasing


def test_items_that_are_known_are_not_asked_for():
    gold = CASE.gold.iloc[:2900]
    evidence = EVIDENCE.with_candidates(gold)
    model = fitted(wl.LabelModel(), evidence)
    table = wl.worth_labeling(model, evidence, 200)
    assert len(table) <= 100
    assert not table.index.isin(gold.index).any()
    assert table.index.is_unique


def test_items_of_which_the_model_is_sure_are_not_gold():
    """Posteriors that round to one are the model's, and a person may still be asked."""
    votes = pd.DataFrame({f: list("xxxy") for f in "abcdef"})
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    model = fitted(wl.MajorityVote(), evidence)
    assert (model.predict_proba(evidence).max(axis=1) == 1).all()
    assert sorted(wl.worth_labeling(model, evidence, 9).index) == [0, 1, 2, 3]
    known = evidence.with_candidates(pd.Series(["x"], index=[1]))
    assert 1 not in wl.worth_labeling(model, known, 9).index


def test_weights_count_items_more_often():
    votes = pd.DataFrame({"a": list("xxyy"), "b": list("yyxx"), "c": [None, None, None, None]})
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    evidence = evidence.with_weights([1.0, 1.0, 1.0, 50.0])
    model = fitted(wl.MajorityVote(), evidence)
    assert wl.worth_labeling(model, evidence, 1).index.tolist() == [3]


def test_nothing_to_ask_is_refused():
    model = wl.MajorityVote().fit(EVIDENCE)
    with pytest.raises(ValueError, match="n=0 items to label is none"):
        wl.worth_labeling(model, EVIDENCE, 0)
    with pytest.raises(ValueError, match="trust is a positive number of labels"):
        wl.worth_labeling(model, EVIDENCE, trust=0)


# ---- sources left out -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", [wl.MajorityVote, wl.OneCoin])
def test_effects_are_those_of_a_fit_without_the_source(kind):
    model = fitted(kind(), EVIDENCE)
    table = wl.source_effects(model, EVIDENCE, gold=CASE.gold)
    now, gold = model.predict(EVIDENCE).astype(object), CASE.gold.astype(object)
    for source in CASE.votes.columns[:3]:
        votes = CASE.votes.drop(columns=source)
        rest = wl.Evidence(votes.index, classes=CASE.classes).with_votes(votes)
        other = fitted(kind(), rest)
        then = other.predict(rest).astype(object)
        same = (now == then) | (now.isna() & then.isna())
        row = table.loc[source]
        assert row["changed"] == (~same).sum()
        assert row["helped"] == ((now == gold) & (then != gold)).sum()
        assert row["hurt"] == ((now != gold) & (then == gold)).sum()
        lone = CASE.votes[source].notna() & votes.isna().all(axis=1)
        assert row["only_one"] == lone.sum()
        said = CASE.votes[source].dropna()
        p = other.predict_proba(rest).loc[said.index]
        assert row["agreement"] == pytest.approx(p[said.iloc[0]].mean())
        changed = wl.changed_by(model, EVIDENCE, source)
        assert changed.index.tolist() == now.index[~same].tolist()
        told = changed["vote"].dropna()
        assert (told == CASE.votes.loc[told.index, source].astype(object)).all()


def test_without_gold_nothing_is_said_of_right_and_wrong():
    table = wl.source_effects(fitted(wl.MajorityVote(), EVIDENCE), EVIDENCE)
    assert table.columns.tolist() == ["n_votes", "changed", "only_one", "agreement"]


def test_one_source_can_not_be_left_out():
    votes = CASE.votes.iloc[:, :1]
    evidence = wl.Evidence(votes.index, classes=CASE.classes).with_votes(votes)
    with pytest.raises(ValueError, match="there must be at least two"):
        wl.source_effects(fitted(wl.MajorityVote(), evidence), evidence)
    model = fitted(wl.MajorityVote(), EVIDENCE)
    with pytest.raises(ValueError, match=r"There is no source 'stars'; the sources are 'source_0'"):
        wl.changed_by(model, EVIDENCE, "stars")
    with pytest.raises(NotFittedError):
        wl.changed_by(wl.MajorityVote(), EVIDENCE, "source_0")
