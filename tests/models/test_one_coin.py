"""OneCoin: planted accuracies, and what it shares with DawidSkene."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted
from scipy import stats

import weaklabel as wl


def crowd_of(seed: int) -> tuple[wl.datasets.Synthetic, wl.Evidence]:
    case = wl.datasets.make_votes(
        20_000, [0.9, 0.8, 0.6, 0.7, 0.5], 0.5, [0.4, 0.35, 0.25], random_state=seed
    )
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    return case, blank.with_votes(case.votes, silence="missing")


@pytest.mark.parametrize("seed", range(3))
def test_accuracies_are_recovered_within_four_standard_errors(seed):
    case, evidence = crowd_of(seed)
    model = wl.OneCoin(smoothing=0, tol=1e-8, max_iter=10_000).fit(evidence)
    # the gradient of log P(votes of an item), by accuracy and by prior, as in `information`
    posterior, prior = case.bayes.to_numpy(), case.prior.to_numpy()
    accuracy = case.accuracy.to_numpy()
    codes = case.matrix
    columns = [posterior[:, y] / prior[y] - posterior[:, -1] / prior[-1] for y in range(2)]
    for j, right in enumerate(accuracy):
        said = np.where(codes[:, j] >= 0, codes[:, j], 0)
        belief = posterior[np.arange(len(said)), said]
        slope = belief / right - (1 - belief) / (1 - right)
        columns.append(np.where(codes[:, j] >= 0, slope, 0.0))
    gradient = np.column_stack(columns)
    bits = gradient.T @ gradient
    learned = np.exp(model.parameters_.terms[0].log_emission)[:, 0, 0]
    error = np.concatenate([(model.class_prior_ - prior)[:-1], learned - accuracy])
    assert (np.abs(error) < 4 * np.sqrt(np.diag(np.linalg.inv(bits)))).all()
    assert error @ bits @ error < stats.chi2.ppf(0.9999, len(error))


def test_mistakes_are_even_and_silence_says_nothing():
    _, evidence = crowd_of(0)
    table = wl.OneCoin().fit(evidence.take(np.arange(2000))).confusion_
    one = table.loc["source_0"].to_numpy()
    assert np.isnan(one[-1]).all()
    right, wrong = np.diag(one[:3]), one[:3][~np.eye(3, dtype=bool)]
    np.testing.assert_allclose(right, right[0])
    np.testing.assert_allclose(wrong, (1 - right[0]) / 2)


def test_it_is_dawid_skene_with_one_coin():
    _, evidence = crowd_of(1)
    evidence = evidence.take(np.arange(1000))
    one = wl.OneCoin().fit(evidence)
    other = wl.DawidSkene(emission="symmetric", silence="missing", max_misfit=np.inf).fit(evidence)
    pd.testing.assert_frame_equal(one.predict_proba(evidence), other.predict_proba(evidence))


def test_a_vote_for_a_set_is_right_if_it_holds_the_class():
    """Votes for pairs of three classes teach the accuracy as well as votes for one do."""
    case, _ = crowd_of(2)
    names = list(case.classes)
    rng = np.random.default_rng(0)

    def widen(vote):
        if pd.isna(vote):
            return None
        others = [name for name in names if name != vote]
        return frozenset({vote, others[rng.integers(2)]})

    frame = case.votes.iloc[:3000].astype(object)
    frame["source_0"] = [widen(vote) for vote in frame["source_0"]]
    evidence = wl.Evidence(frame.index, classes=names).with_votes(frame, silence="missing")
    model = fitted(wl.OneCoin(smoothing=0), evidence)
    # right alone, or wrong and the truth is the other one of the pair: .9 + .1 / 2
    assert model.source_accuracy_["source_0"] == pytest.approx(0.95, abs=0.04)
