"""DawidSkene is held against enumeration, a dense textbook program, and planted truth."""

from __future__ import annotations

import numpy as np
import oracle
import pandas as pd
import pytest
from laws._cases import fitted, no_advice
from scipy import stats
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from labeling_functions import youtube_spam
from weaklabel.models import DriftWarning
from weaklabel.models._em import Ending
from weaklabel.models._misfit import misfit

CLASSES = ["x", "y", "z"]


def replication(**settings):
    """Maximum likelihood as in the published tables: nothing guards or smooths."""
    plain = {"smoothing": 0, "tol": 1e-5, "max_iter": 10_000, "max_drift": 1, "max_misfit": np.inf}
    return wl.DawidSkene(**plain | settings)


def tiny(seed: int, *, crowd: bool = False) -> tuple[wl.Evidence, np.ndarray]:
    """Six items, three sources; also the symbol that each source chose for each item."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, 3, (6, 3))
    codes[0] = [0, 1, 2]
    evidence = wl.Evidence(list("abcdef"), classes=CLASSES).with_votes(
        codes, silence="missing" if crowd else "informative"
    )
    return evidence, np.where(codes < 0, -1 if crowd else 3, codes)


def learned(model: wl.DawidSkene) -> tuple[np.ndarray, np.ndarray]:
    """Prior and emissions with silence as the last symbol."""
    emission = model.confusion_.to_numpy().reshape(len(model.sources_), -1, len(model.classes_))
    return model.class_prior_.to_numpy(), emission


# ---- against enumeration --------------------------------------------------------------------


@pytest.mark.parametrize("crowd", [False, True])
@pytest.mark.parametrize("sweeps", [0, 1, 5, 200])
@pytest.mark.parametrize("seed", range(3))
def test_objective_and_posterior_are_those_of_enumeration(seed, sweeps, crowd):
    evidence, said = tiny(seed, crowd=crowd)
    model = fitted(replication(max_iter=sweeps), evidence)
    prior, emission = learned(model)
    emission = np.nan_to_num(emission)  # silence that says nothing is NaN
    expected = oracle.log_likelihood(said, prior, emission)
    assert model.objective_trace_[-1] == pytest.approx(expected, rel=1e-10)
    voted = evidence.votes.voted
    truth = oracle.dawid_skene_posterior(said, prior, emission)
    found = model.predict_proba(evidence).to_numpy()
    np.testing.assert_allclose(found[voted], truth[voted], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("crowd", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_start_is_the_vote_shares(seed, crowd):
    evidence, said = tiny(seed, crowd=crowd)
    model = fitted(replication(max_iter=0), evidence)
    names = [*CLASSES, None]
    cells = [[names[code] if code < 3 and code >= 0 else None for code in row] for row in said]
    shares = oracle.vote_shares(cells, CLASSES)
    prior, emission = learned(model)
    np.testing.assert_allclose(prior, shares.mean(axis=0))
    n_symbols = 3 if crowd else 4
    counts = oracle.counts(said, shares, n_symbols)
    met = counts.sum(axis=1, keepdims=True) > 0
    expected = np.where(met, counts / np.where(met, counts.sum(axis=1, keepdims=True), 1), 1 / 3)
    np.testing.assert_allclose(emission[:, :n_symbols], expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_sweep_raises_the_enumerated_likelihood(seed):
    evidence, said = tiny(seed)
    values = []
    for sweeps in (0, 1, 2, 4):
        prior, emission = learned(fitted(replication(max_iter=sweeps, tol=0), evidence))
        values.append(oracle.log_likelihood(said, prior, emission))
    assert (np.diff(values) >= -1e-12).all()


# ---- against a dense program ----------------------------------------------------------------


def textbook_step(symbols: np.ndarray, posterior: np.ndarray) -> tuple[np.ndarray, ...]:
    """One M-step and one E-step over dense one-hot symbols, n_items x n_sources x n_symbols."""
    prior = posterior.mean(axis=0)
    counts = np.einsum("ijk,iy->jky", symbols, posterior)
    emission = counts / counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        logs = np.where(emission > 0, np.log(emission), -1e30)
    scores = np.log(prior) + np.einsum("ijk,jky->iy", symbols, logs)
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    return prior, emission, likely / likely.sum(axis=1, keepdims=True)


def textbook(symbols: np.ndarray, start: np.ndarray, tol: float) -> tuple[np.ndarray, ...]:
    """Dawid and Skene's EM until neither prior nor emissions move by more than `tol` (L1)."""
    prior, emission, posterior = textbook_step(symbols, start)
    for sweep in range(1, 10_000):
        new_prior, new_emission, new = textbook_step(symbols, posterior)
        moved = max(np.abs(new_prior - prior).sum(), np.abs(new_emission - emission).sum())
        prior, emission, posterior = new_prior, new_emission, new
        if moved <= tol:
            return prior, emission, posterior, sweep
    pytest.fail("the textbook program does not converge")


@pytest.fixture(scope="module")
def youtube() -> tuple[wl.Evidence, np.ndarray]:
    """Shipped comments under the shipped functions: evidence, and dense symbols with silence."""
    comments = youtube_spam.load()
    votes = wl.apply(youtube_spam.FUNCTIONS, comments, progress=False)
    evidence = wl.Evidence(comments.index, classes=youtube_spam.CLASSES).with_votes(votes)
    codes = np.column_stack(
        [
            pd.Categorical(votes[name], categories=youtube_spam.CLASSES).codes.astype(int)
            for name in votes
        ]
    )
    return evidence, np.eye(3)[np.where(codes < 0, 2, codes)]


def test_replication_settings_are_the_textbook_program(youtube):
    evidence, symbols = youtube
    assert (evidence.votes.weight == 1).all()
    model = replication().fit(evidence)
    assert model.converged_
    said = symbols[:, :, :2].sum(axis=1)
    start = np.where(said.sum(axis=1, keepdims=True) > 0, said, 1.0)
    start /= start.sum(axis=1, keepdims=True)
    prior, emission, posterior, sweeps = textbook(symbols, start, tol=1e-5)
    assert model.n_iter_ == sweeps
    found_prior, found_emission = learned(model)
    np.testing.assert_allclose(found_prior, prior, atol=1e-9)
    np.testing.assert_allclose(found_emission, emission, atol=1e-9)
    voted = evidence.votes.voted
    found = model.predict_proba(evidence).to_numpy()
    np.testing.assert_allclose(found[voted], posterior[voted], atol=1e-9)
    # a fixed point: one more sweep of the other program moves no more than the tolerance
    again = textbook_step(symbols, posterior)
    assert np.abs(again[0] - found_prior).sum() <= 1e-5
    assert np.abs(again[1] - found_emission).sum() <= 1e-5


def test_default_settings_do_not_collapse_on_shipped_data(youtube):
    evidence, _ = youtube
    with no_advice():
        model = wl.DawidSkene().fit(evidence)
        majority = wl.MajorityVote().fit(evidence)
    gold = youtube_spam.load()["label"]
    scores = {
        name: wl.score(gold, fit.posterior(evidence))["accuracy"]
        for name, fit in {"model": model, "majority": majority}.items()
    }
    # a standard error of an accuracy on 1,956 items is .007
    assert scores["model"] > scores["majority"] - 0.03
    assert model.class_prior_.between(0.2, 0.8).all()


# ---- against planted truth ------------------------------------------------------------------


def information(case: wl.datasets.Synthetic) -> np.ndarray:
    """Fisher information of prior and emissions in the sample, at the truth.

    The gradient of log P(votes of an item) with respect to one parameter, where the last symbol
    and the last class take up the rest: summed squares of these are the information.
    """
    codes = np.where(case.matrix < 0, len(case.classes), case.matrix)
    posterior, prior = case.bayes.to_numpy(), case.prior.to_numpy()
    last = len(case.classes)
    columns = [
        posterior[:, y] / prior[y] - posterior[:, -1] / prior[-1] for y in range(len(prior) - 1)
    ]
    for j, emission in enumerate(case.emission):
        for k, y in np.ndindex(last, len(prior)):
            here = (codes[:, j] == k) / emission[k, y] - (codes[:, j] == last) / emission[last, y]
            columns.append(posterior[:, y] * here)
    gradient = np.column_stack(columns)
    return gradient.T @ gradient


@pytest.mark.parametrize("seed", range(3))
def test_parameters_are_recovered_within_four_standard_errors(seed):
    case = wl.datasets.make_votes(
        20_000, [0.85, 0.75, 0.7, 0.9, 0.65], 0.7, [0.6, 0.4], random_state=seed
    )
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    model = replication(tol=1e-8).fit(evidence)
    prior, emission = learned(model)
    error = np.concatenate(
        [(prior - case.prior.to_numpy())[:-1], (emission - case.emission)[:, :-1].ravel()]
    )
    bits = information(case)
    deviation = np.sqrt(np.diag(np.linalg.inv(bits)))
    assert (np.abs(error) < 4 * deviation).all()
    # all of them together are chi-square
    assert error @ bits @ error < stats.chi2.ppf(0.9999, len(error))


def test_a_source_that_is_mostly_wrong_is_turned_around():
    """Case of four sources at .8 and one that always votes, right one time in ten."""
    case = wl.datasets.make_votes(
        3000, [0.8] * 4 + [0.1], [0.5] * 4 + [1.0], [0.5, 0.5], random_state=0
    )
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    with pytest.warns(
        wl.models.SourceWarning,
        match=r"1 sources are learned to be wrong more often than chance: 'source_4'",
    ):
        model = wl.DawidSkene().fit(evidence)
    error = 4 * np.sqrt(0.1 * 0.9 / 3000)
    assert model.source_accuracy_["source_4"] == pytest.approx(0.1, abs=error + 0.02)
    bayes = wl.score(case.gold, case.bayes)["accuracy"]
    found = wl.score(case.gold, model.posterior(evidence))["accuracy"]
    assert found > bayes - 0.01


# ---- settings -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted() -> tuple[wl.datasets.Synthetic, wl.Evidence]:
    case = wl.datasets.make_votes(2000, [0.8, 0.8, 0.7, 0.7], 0.6, [0.7, 0.3], random_state=1)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    return case, blank.with_votes(case.votes)


def test_class_prior_estimated_given_or_fixed(planted):
    _, evidence = planted
    estimated = wl.DawidSkene().fit(evidence).class_prior_
    assert estimated.to_numpy() == pytest.approx([0.7, 0.3], abs=0.06)
    fixed = fitted(wl.DawidSkene(class_prior=[0.2, 0.8]), evidence).class_prior_
    assert fixed.tolist() == pytest.approx([0.2, 0.8])
    uniform = wl.DawidSkene(class_prior="uniform").fit(evidence).class_prior_
    assert uniform.tolist() == [0.5, 0.5]
    # a belief worth a number of items gives way to data as far as it should
    belief = wl.DawidSkene(class_prior=[0.2, 0.8], prior_strength=500, tol=1e-8, max_drift=1)
    believed = belief.fit(evidence)
    mass = believed.class_prior_.to_numpy() * 2500 - 500 * np.array([0.2, 0.8])
    assert mass.sum() == pytest.approx(2000)
    assert 0.2 < believed.class_prior_.iloc[0] < estimated.iloc[0]


@pytest.mark.parametrize(
    "given",
    [
        {"positive": 0.25, "negative": 0.75},
        pd.Series({"positive": 0.25, "negative": 0.75}),
        [0.75, 0.25],
    ],
)
def test_a_class_prior_is_matched_by_name(planted, given):
    _, evidence = planted
    prior = wl.DawidSkene(class_prior=given, max_iter=500).fit(evidence).class_prior_
    assert prior.to_dict() == pytest.approx({"negative": 0.75, "positive": 0.25})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"class_prior": "even"}, r"class_prior='even' is unknown. Use None, 'uniform'"),
        ({"class_prior": [0.5, 0.6]}, r"sum to 1; \[0.5, 0.6\] sums to 1.1. Divide by the sum"),
        ({"class_prior": [1.5, -0.5]}, "must be at least 0 and sum to 1"),
        ({"class_prior": [1.0]}, r"needs one share for each class of \['negative', 'positive'\]"),
        ({"class_prior": {"positive": 1.0}}, "needs one share for each class"),
        (
            {"class_prior": {"positive": 0.5, "neutral": 0.5}},
            "class_prior names 'neutral', but the",
        ),
        ({"class_prior": "uniform", "prior_strength": -1}, "at least 0, or None to fix; not -1"),
        ({"silence": "golden"}, "silence='golden' is unknown. Choose None, 'informative' or"),
        ({"emission": "diagonal"}, "emission='diagonal' is unknown. Choose 'full', 'tied', 'symm"),
        ({"smoothing": -1}, "pseudo-items a class, at least 0; not -1"),
        ({"accuracy": 70}, "a probability, above 0 and at most 1; not 70"),
    ],
)
def test_settings_that_mean_nothing_are_refused(planted, settings, message):
    _, evidence = planted
    with pytest.raises(ValueError, match=message):
        wl.DawidSkene(**settings).fit(evidence)


def test_silence_may_be_taken_as_missing(planted):
    """Then only votes count: the likelihood is that of each vote given its class."""
    case, evidence = planted
    missing = wl.DawidSkene(silence="missing").fit(evidence)
    as_crowd = wl.Evidence(case.votes.index, classes=case.classes).with_votes(
        case.votes, silence="missing"
    )
    same = wl.DawidSkene().fit(as_crowd)
    pd.testing.assert_frame_equal(missing.predict_proba(evidence), same.predict_proba(as_crowd))
    pd.testing.assert_frame_equal(missing.confusion_, same.confusion_)
    table = missing.confusion_
    assert table.xs(None, level="says").isna().all(axis=None)
    spoken = table.dropna().groupby(level="source", sort=False).sum()
    np.testing.assert_allclose(spoken, 1)
    seen = wl.DawidSkene(silence="informative").fit(as_crowd).confusion_
    np.testing.assert_allclose(seen.groupby(level="source", sort=False).sum(), 1)
    assert seen.notna().all(axis=None)


def test_confusion_names_classes_sets_and_silence():
    votes = pd.DataFrame(
        {"a": ["x", "y", "z", None] * 3, "b": [wl.Not("x"), "y", None, "x"] * 3, "c": ["x"] * 12}
    )
    evidence = wl.Evidence(votes.index, classes=CLASSES).with_votes(votes)
    table = fitted(wl.DawidSkene(), evidence).confusion_
    assert table.index.names == ["source", "says"]
    assert table.loc["a"].index.tolist()[:4] == ["x", "y", "z", "{y, z}"]
    assert table.loc["a"].index.isna().tolist() == [False] * 4 + [True]
    assert table.columns.tolist() == CLASSES
    np.testing.assert_allclose(table.groupby(level="source").sum(), 1)


def test_max_iter_is_warned_about(planted):
    _, evidence = planted
    with pytest.warns(ConvergenceWarning, match=r"DawidSkene took 2 sweeps.*Raise max_iter, or"):
        model = wl.DawidSkene(max_iter=2).fit(evidence)
    assert not model.converged_
    assert model.n_iter_ == 2
    assert model.ending_ is Ending.MAX_ITER


def test_more_starts_are_never_worse(planted):
    _, evidence = planted
    one = wl.DawidSkene().fit(evidence)
    best = wl.DawidSkene(n_init=4, random_state=0).fit(evidence)
    assert best.objective_trace_[-1] >= one.objective_trace_[-1]


def test_smoothing_keeps_sources_better_than_chance():
    """One vote is no evidence of perfection."""
    votes = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["x", None, None, "y"], "c": [None] * 4})
    votes.loc[0, "c"] = "x"
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    smooth = fitted(wl.DawidSkene(), evidence)
    plain = fitted(wl.DawidSkene(smoothing=0), evidence)
    assert plain.confusion_.loc[("c", "x"), "y"] == pytest.approx(0, abs=1e-6)
    told = smooth.confusion_.loc["c"]
    assert 0 < told.loc["x", "y"] < told.loc["x", "x"]


# ---- guards ---------------------------------------------------------------------------------


def test_drift_keeps_the_first_sweep_and_says_so(planted):
    _, evidence = planted
    with pytest.warns(DriftWarning, match="DawidSkene: The fitted class shares left those of the"):
        model = wl.DawidSkene(max_drift=0.0).fit(evidence)
    assert model.ending_ is Ending.DRIFTED
    assert not model.converged_
    first = fitted(wl.DawidSkene(max_iter=0), evidence)
    pd.testing.assert_frame_equal(model.predict_proba(evidence), first.predict_proba(evidence))


def test_misfit_keeps_the_first_sweep_and_says_so():
    case = wl.datasets.correlated_copies(n_items=5000, random_state=0)
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    with pytest.warns(
        DriftWarning, match=r"speak together far more or less.*LabelModel\(\) allows"
    ):
        model = wl.DawidSkene().fit(evidence)
    assert model.ending_ is Ending.MISFIT
    first = fitted(wl.DawidSkene(max_iter=0), evidence)
    pd.testing.assert_frame_equal(model.predict_proba(evidence), first.predict_proba(evidence))


SOUND = {
    "independent": wl.datasets.independent,
    "imbalanced": wl.datasets.imbalanced,
    "unipolar": wl.datasets.unipolar,
    "many_classes": wl.datasets.many_classes,
}


def misfit_of(case: wl.datasets.Synthetic) -> float:
    """Misfit of maximum likelihood."""
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    model = fitted(replication(tol=1e-4), evidence)
    return misfit(evidence, model.parameters_, evidence.votes.informative_silence).deviation


@pytest.mark.parametrize("name", SOUND)
def test_misfit_of_independent_sources_is_about_one(name):
    for seed in range(3):
        assert misfit_of(SOUND[name](n_items=5000, random_state=seed)) < 1.5


@pytest.mark.parametrize("n_items", [1000, 5000])
def test_misfit_does_not_grow_with_items_where_there_is_none(n_items):
    assert misfit_of(wl.datasets.independent(n_items=n_items, random_state=7)) < 1.5


@pytest.mark.parametrize("seed", range(3))
def test_misfit_of_copies_is_far_above(seed):
    assert misfit_of(wl.datasets.correlated_copies(n_items=5000, random_state=seed)) > 10


def test_misfit_of_too_little_is_unknown():
    evidence, _ = tiny(0)
    model = fitted(replication(), evidence)
    speaks = evidence.votes.informative_silence
    found = misfit(evidence, model.parameters_, speaks)
    assert np.isnan(found.deviation)
    assert not found.testable
    assert np.isnan(misfit(evidence, model.parameters_, ~speaks).deviation)


# ---- voices ---------------------------------------------------------------------------------


def test_a_source_split_into_parts_of_a_voice_is_the_source():
    case = wl.datasets.independent(n_items=300, random_state=0)
    twice = case.votes.assign(again=case.votes["source_0"], third=case.votes["source_0"])
    names = ["source_0", "again", "third"]
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    whole, split = blank.with_votes(case.votes), blank.with_votes(twice)
    voices = dict.fromkeys(names, 1 / 3)
    settings = {"max_misfit": np.inf, "tol": 1e-12}
    one = fitted(wl.DawidSkene(**settings), whole)
    parts = fitted(wl.DawidSkene(voices=voices, **settings), split)
    np.testing.assert_allclose(parts.predict_proba(split), one.predict_proba(whole), atol=1e-8)
    assert parts.source_accuracy_["again"] == pytest.approx(one.source_accuracy_["source_0"])


def test_voices_that_are_none_are_refused():
    case = wl.datasets.independent(n_items=30, random_state=0)
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    with pytest.raises(ValueError, match="voices names 'nobody', and the sources are"):
        wl.DawidSkene(voices={"nobody": 0.5}).fit(evidence)
    with pytest.raises(ValueError, match="above 0 and at most 1; those of 'source_1' are not"):
        wl.DawidSkene(voices={"source_1": 0.0}).fit(evidence)
