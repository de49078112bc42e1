"""LabelModel: what it chooses, and that it is what it chose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted, no_advice
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import weaklabel as wl
from labeling_functions import youtube_spam
from weaklabel.models import UnusedEvidence
from weaklabel.models._choose import choose_solver
from weaklabel.models._fusion import Fusion, Learned
from weaklabel.models._merge import groups_of_copies, merge_sources


def evidence_for(case, silence=None) -> wl.Evidence:
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    return blank.with_votes(case.votes, silence=silence)


SOUND = {
    "independent": wl.datasets.independent,
    "unipolar": wl.datasets.unipolar,
    "imbalanced": wl.datasets.imbalanced,
    "many_classes": wl.datasets.many_classes,
}


@pytest.mark.parametrize("name", SOUND)
def test_independent_sources_are_given_to_dawid_skene(name):
    case = SOUND[name](n_items=5000, random_state=1)
    evidence = evidence_for(case)
    model = wl.LabelModel().fit(evidence)
    assert isinstance(model.model_, wl.DawidSkene)
    assert model.why_ == "sources speak together as often as independent errors explain"
    assert model.hedge_ == 0
    assert model.copies_.empty
    assert model.terms_ == [model.model_]
    alone = wl.DawidSkene().fit(evidence)
    pd.testing.assert_frame_equal(model.predict_proba(evidence), alone.predict_proba(evidence))
    pd.testing.assert_series_equal(model.class_prior_, alone.class_prior_)
    np.testing.assert_array_equal(model.objective_trace_, alone.objective_trace_)


@pytest.mark.parametrize("seed", range(3))
def test_copies_are_merged_into_one_voice(seed):
    case = wl.datasets.correlated_copies(n_items=5000, random_state=seed)
    evidence = evidence_for(case)
    model = wl.LabelModel().fit(evidence)
    assert isinstance(model.model_, wl.DawidSkene)
    group = groups_of_copies(model.copies_, model.sources_)
    assert group.tolist() == [0, 1, 2, 3, 0, 0, 0, 0, 0]
    assert len(model.model_.sources_) == 4
    # every source keeps its name and its accuracy
    assert model.source_accuracy_.index.equals(evidence.votes.sources)
    np.testing.assert_allclose(model.source_accuracy_, case.accuracy, atol=0.04)
    # as good as if the copies had never been there
    four = evidence_for(case.__class__(**{**vars(case), "votes": case.votes.iloc[:, :4]}))
    without = wl.DawidSkene().fit(four).predict_proba(four)
    assert np.abs(model.predict_proba(evidence) - without).to_numpy().mean() < 0.02


def test_partial_copies_count_as_many_voices_as_they_are():
    case = wl.datasets.correlated_copies(n_items=20_000, q=0.6, own_votes=True, random_state=0)
    evidence = evidence_for(case)
    model = wl.LabelModel().fit(evidence)
    assert isinstance(model.model_, wl.DawidSkene)
    assert "but for 15 pairs that repeat each other" in model.why_
    # source 0 is repeated by five on .6 of the items, each copy by four others on .36
    assert model.model_.voices["source_0"] == pytest.approx(1 / (1 + 5 * 0.6), abs=0.03)
    assert model.model_.voices["source_5"] == pytest.approx(1 / (1 + 0.6 + 4 * 0.36), abs=0.03)
    assert set(model.model_.voices) == {f"source_{number}" for number in (0, 4, 5, 6, 7, 8)}
    np.testing.assert_allclose(model.source_accuracy_, case.accuracy, atol=0.03)


def test_dependent_sources_are_given_to_cautious():
    """Rules that people write for one text depend in more ways than pairs of copies."""
    comments = youtube_spam.load()
    votes = wl.apply(youtube_spam.FUNCTIONS, comments)
    evidence = wl.Evidence(comments.index, classes=youtube_spam.CLASSES).with_votes(votes)
    model = fitted(wl.LabelModel(), evidence)
    assert isinstance(model.model_, wl.Cautious)
    assert model.why_ == "sources depend on each other beyond the class"
    alone = fitted(wl.Cautious(), evidence)
    pd.testing.assert_frame_equal(model.predict_proba(evidence), alone.predict_proba(evidence))


def test_declared_groups_speak_as_one():
    case = wl.datasets.correlated_copies(n_items=3000, q=0.5, own_votes=True, random_state=0)
    evidence = evidence_for(case)
    group = [f"source_{number}" for number in (0, 4, 5, 6, 7, 8)]
    model = fitted(wl.LabelModel(dependent=[group]), evidence)
    assert model.sources_.equals(evidence.votes.sources)
    assert set(model.copies_["other"]) == set(group[1:])
    merged = merge_sources(evidence.votes, np.array([0, 1, 2, 3, 0, 0, 0, 0, 0]))
    alone = wl.Evidence(evidence.index, classes=evidence.classes).with_votes(merged)
    same = fitted(wl.LabelModel(), alone).predict_proba(alone)
    pd.testing.assert_frame_equal(model.predict_proba(evidence), same)
    told = wl.explain(model, evidence, evidence.index[0])
    assert len(told)
    pair = fitted(wl.LabelModel([wl.DawidSkene()], dependent=[group[:2]]), evidence)
    assert pair.copies_.to_numpy().tolist() == [group[:2]]
    assert len(pair.model_.sources_) == 8


def test_declared_groups_of_a_crowd_and_near_copies_go_together():
    case = wl.datasets.correlated_copies(n_items=3000, random_state=0)
    model = fitted(wl.LabelModel(dependent=[["source_0", "source_4"]]), evidence_for(case))
    group = groups_of_copies(model.copies_, model.sources_)
    assert group.tolist() == [0, 1, 2, 3, 0, 0, 0, 0, 0]
    crowd = fitted(
        wl.LabelModel(dependent=[{"source_1", "source_2"}]), evidence_for(case, silence="missing")
    )
    assert crowd.copies_.to_numpy().tolist() == [["source_1", "source_2"]]


@pytest.mark.parametrize(
    ("dependent", "error", "match"),
    [
        (["a", "b"], TypeError, "list of groups of sources"),
        ("ab", TypeError, "list of groups of sources"),
        ([["source_0", "sorce_1"]], ValueError, "dependent names 'sorce_1'"),
        ([["source_0", "source_0"]], ValueError, "has at least two"),
    ],
)
def test_groups_that_are_none_are_refused(dependent, error, match):
    evidence = evidence_for(wl.datasets.independent(n_items=50, random_state=0))
    with pytest.raises(error, match=match):
        wl.LabelModel(dependent=dependent).fit(evidence)


def test_crowds_are_hedged_with_weighted_votes():
    case = wl.datasets.independent(n_items=2000, random_state=0)
    evidence = evidence_for(case, silence="missing")
    model = wl.LabelModel().fit(evidence)
    assert isinstance(model.model_, wl.DawidSkene | wl.OneCoin)
    assert model.hedge_ == 0.5
    assert "assigned" in model.why_
    voted = evidence.votes.voted
    inner = model.model_.predict_proba(evidence)
    expected = (inner + wl.WeightedVote().fit(evidence).predict_proba(evidence)) / 2
    found = model.predict_proba(evidence)
    pd.testing.assert_frame_equal(found[voted], expected[voted])
    pd.testing.assert_frame_equal(found[~voted], inner[~voted])


@pytest.mark.parametrize("rate", [0.3, 0.9])
def test_workers_who_repeat_each_other_count_for_less(rate):
    """A panel of ten, of whom four are one on a share of the items."""
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=3000)
    right = rng.random((3000, 10)) < rng.uniform(0.6, 0.85, 10)
    said = np.where(right, gold[:, None], 1 - gold[:, None])
    said = np.where(rng.random(said.shape) < 0.6, said, -1)
    for other in (1, 2, 3):
        copied = rng.random(3000) < rate
        said[copied, other] = said[copied, 0]
    blank = wl.Evidence(range(3000), classes=[0, 1])
    evidence = blank.with_votes(said, encoding="codes", silence="missing")
    model, plain = (fitted(kind, evidence) for kind in (wl.LabelModel(), wl.MajorityVote()))
    assert "6 pairs that repeat each other count for less" in model.why_ or rate < 0.5
    assert set(model.model_.voices) == {0, 1, 2, 3}
    ours, votes = (wl.score(pd.Series(gold), one.posterior(evidence)) for one in (model, plain))
    assert ours["accuracy"] > votes["accuracy"] + 0.01
    assert ours["brier"] < votes["brier"]


def test_gold_of_a_crowd_does_not_change_what_is_chosen():
    """Twenty gold rows of one class would move the class shares by which models are chosen."""
    case = wl.datasets.independent(n_items=200, random_state=0)
    evidence = evidence_for(case, silence="missing")
    plain = fitted(wl.LabelModel(), evidence)
    known = case.gold[case.gold == case.classes[0]].iloc[:60]
    model = fitted(wl.LabelModel(), evidence.with_candidates(known))
    assert type(model.model_) is type(plain.model_)
    told = model.predict_proba(evidence.with_candidates(known)).loc[known.index]
    assert (told[case.classes[0]] == 1).all()


def test_the_hedge_may_be_set():
    case = wl.datasets.independent(n_items=500, random_state=0)
    evidence = evidence_for(case)
    plain, half, all_ = (
        wl.LabelModel(hedge=share).fit(evidence).predict_proba(evidence) for share in (0, 0.5, 1.0)
    )
    voted = evidence.votes.voted
    pd.testing.assert_frame_equal(half[voted], ((plain + all_) / 2)[voted])
    np.testing.assert_allclose(all_[voted], evidence.votes.shares[voted])


def test_one_given_term_is_that_term():
    evidence = evidence_for(wl.datasets.independent(n_items=500, random_state=0))
    term = wl.DawidSkene(smoothing=3.0)
    model = wl.LabelModel([term]).fit(evidence)
    assert model.why_ == "given"
    assert model.model_ is not term
    pd.testing.assert_frame_equal(
        model.predict_proba(evidence), clone(term).fit(evidence).predict_proba(evidence)
    )


def test_scores_of_given_terms_add_up():
    """A term twice is its score twice; the prior counts once."""
    evidence = evidence_for(wl.datasets.independent(n_items=300, random_state=0))
    twice = fitted(wl.LabelModel([wl.MajorityVote(), wl.MajorityVote()]), evidence)
    assert len(twice.terms_) == 2
    prior = twice.class_prior_.to_numpy()
    squared = prior * evidence.votes.shares**2
    voted = evidence.votes.voted & (squared.sum(axis=1) > 0)
    expected = squared / squared.sum(axis=1, keepdims=True)
    found = twice.predict_proba(evidence).to_numpy()
    np.testing.assert_allclose(found[voted], expected[voted])


def test_the_prior_reaches_the_chosen_model():
    evidence = evidence_for(wl.datasets.independent(n_items=2000, random_state=0))
    with no_advice():
        given = wl.LabelModel(class_prior=[0.6, 0.4]).fit(evidence)
        believed = wl.LabelModel(class_prior=[0.6, 0.4], prior_strength=2000).fit(evidence)
        estimated = wl.LabelModel().fit(evidence)
    assert given.class_prior_.tolist() == pytest.approx([0.6, 0.4])
    assert estimated.class_prior_.iloc[0] < believed.class_prior_.iloc[0] < 0.6


def test_the_solver_reaches_the_chosen_model():
    evidence = evidence_for(wl.datasets.independent(n_items=500, random_state=0))
    solver = wl.Independent()
    model = wl.LabelModel(solver=solver).fit(evidence)
    assert model.solver_ is solver
    assert model.model_.solver is solver


def test_what_is_not_used_is_named():
    evidence = evidence_for(wl.datasets.independent(n_items=500, random_state=0))
    evidence = evidence.with_features(np.zeros((500, 2)))
    message = r"LabelModel with Independent does not use features of the evidence"
    with pytest.warns(UnusedEvidence, match=message):
        wl.LabelModel([wl.DawidSkene()]).fit(evidence)


def test_a_rule_for_a_rare_class_is_no_worse_than_chance():
    """Right one time in three where the class is one in twenty: it tells a lot, no warning."""
    case = wl.datasets.unipolar(n_items=5000, random_state=1)
    model = wl.LabelModel().fit(evidence_for(case))  # a warning is an error
    assert case.accuracy["source_0"] < 0.35
    assert model.source_accuracy_["source_0"] < 0.5


def test_silent_sources_are_named():
    case = wl.datasets.independent(n_items=500, random_state=0)
    votes = case.votes.assign(mute=pd.Series(None, case.votes.index, dtype=object))
    evidence = wl.Evidence(votes.index, classes=case.classes).with_votes(votes)
    with pytest.warns(wl.models.SourceWarning, match="1 sources never vote: 'mute'. They change"):
        model = wl.LabelModel().fit(evidence)
    assert np.isnan(model.source_accuracy_["mute"])


# ---- merging --------------------------------------------------------------------------------


def test_copies_of_copies_are_one_group():
    pairs = pd.DataFrame({"source": ["a", "b"], "other": ["b", "d"]})
    assert groups_of_copies(pairs, pd.Index(list("abcde"))).tolist() == [0, 0, 1, 0, 2]


def test_a_merged_vote_counts_once():
    votes = pd.DataFrame(
        {"a": ["x", "x", None, "y"], "b": ["x", "y", None, None], "c": ["y", None, "x", None]}
    )
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    merged = merge_sources(evidence.votes, np.array([0, 0, 1]))
    assert merged.sources.tolist() == ["a", "c"]
    np.testing.assert_allclose(merged.counts, [2, 1, 1, 1])
    # where copies differ, each says its part
    np.testing.assert_allclose(merged.shares, [[0.5, 0.5], [0.5, 0.5], [1, 0], [0, 1]])
    assert merge_sources(evidence.votes, np.arange(3)) is evidence.votes


def topics(n_items, seed=0):
    """Rules as people write them: each for phrases of its own, so that they exclude each other."""
    rng = np.random.default_rng(seed)
    topic, phrase = rng.integers(3, size=n_items), rng.integers(5, size=n_items)
    waiting = np.where((topic == 0) & (phrase < 2), 0, -1)
    money = np.where((topic == 2) & (phrase < 4), 2, -1)
    words = np.select(
        [
            (topic == 0) & (phrase >= 2) & (phrase < 4),
            (topic == 1) & (phrase < 4),
            (topic == 2) & (phrase == 4),
        ],
        [0, 1, 2],
        -1,
    )
    matrix = np.column_stack([waiting, money, words])
    evidence = wl.Evidence(range(n_items), classes=["delivery", "quality", "refund"])
    return evidence.with_votes(matrix, encoding="codes"), topic


@pytest.mark.parametrize("n_items", [100, 1000])
def test_votes_that_cannot_contradict_independence_do_not_prove_it(n_items):
    evidence, topic = topics(n_items)
    with pytest.warns(wl.models.SourceWarning, match="3 sources vote on no item of another"):
        model = wl.LabelModel().fit(evidence)
    assert isinstance(model.model_, wl.Cautious)
    assert "too few to tell" in model.why_
    labels = model.predict(evidence)
    covered = labels.notna()
    # all these votes are right, and nothing must talk the model out of them
    assert (labels.cat.codes[covered] == topic[covered]).all()


def test_a_source_that_says_one_thing_about_everything_leaves_plain_votes():
    rng = np.random.default_rng(0)
    subject = rng.integers(3, size=500)[:, None]  # two kinds of spam, two rules for each
    rules = np.where((subject == [0, 0, 1, 1]) & (rng.random((500, 4)) < 0.8), 1, -1)
    matrix = np.column_stack([np.zeros(500, dtype=int), rules])
    evidence = wl.Evidence(range(500), classes=["ham", "spam"]).with_votes(matrix, encoding="codes")
    model = wl.LabelModel().fit(evidence)
    assert isinstance(model.model_, wl.MajorityVote)
    assert "the same about nearly every item" in model.why_


@pytest.mark.parametrize("hedge", [-0.1, 1.5])
def test_hedge_is_a_share(hedge):
    with pytest.raises(ValueError, match="hedge is a share, 0 to 1"):
        wl.LabelModel(hedge=hedge).fit(topics(50)[0])


@pytest.mark.parametrize(
    ("terms", "error", "text"),
    [
        ([], ValueError, "terms is empty"),
        (wl.DawidSkene(), TypeError, "terms is a list of label models"),
        (["ds"], TypeError, "terms is a list of label models"),
        ([wl.LabelModel(), wl.OneCoin()], ValueError, "cannot be a term of another"),
    ],
)
def test_terms_are_label_models(terms, error, text):
    with pytest.raises(error, match=text):
        wl.LabelModel(terms).fit(topics(50)[0])


def test_random_state_reaches_the_terms():
    model = fitted(wl.LabelModel([wl.OneCoin(n_init=2)], random_state=3), topics(300)[0])
    assert model.model_.random_state == 3


def test_warnings_point_at_the_line_that_fits():
    evidence = evidence_for(wl.datasets.independent(1000, random_state=0))
    silent = evidence.with_votes(pd.DataFrame({"never": [None] * 1000}, index=evidence.index))
    for model in (wl.LabelModel(), wl.Cautious()):
        with pytest.warns(wl.models.SourceWarning, match="never vote: 'never'") as caught:
            model.fit(silent)
        assert caught[0].filename == __file__


def test_a_solver_is_chosen_for_given_terms_as_well():
    case = wl.datasets.everything(60, random_state=0)
    evidence = case.evidence("votes", "bags")
    model = wl.LabelModel([wl.DawidSkene(max_iter=3)])
    with no_advice():
        model.fit(evidence)
    assert isinstance(model.solver_, wl.BeliefPropagation)
    assert model.why_ == "given; BeliefPropagation: counts in bags are exact"
    counts = model.predict_proba(evidence).groupby(case.bags).sum()
    np.testing.assert_allclose(counts, case.counts.loc[counts.index, counts.columns], atol=1e-8)


def test_what_was_chosen_for_all_kinds_of_evidence_is_told():
    case = wl.datasets.everything(60, random_state=0)
    with no_advice():
        model = wl.LabelModel().fit(case.evidence("bags", "features"))
    assert model.why_ == (
        "a classifier reads the features; BeliefPropagation: counts in bags are exact"
    )
    assert [type(term) for term in model.terms_] == [wl.Classifier]
    assert model.source_accuracy_.empty


def test_dependent_sources_are_learned_from_votes_alone():
    """Cautious takes few sweeps for a reason: what else is known changes no parameter of it."""
    comments = wl.datasets.load_youtube_comments()
    votes = wl.apply(youtube_spam.FUNCTIONS, comments)
    evidence = wl.Evidence(comments.index, classes=["ham", "spam"]).with_votes(votes)
    rate = comments.label.eq("spam").groupby(comments.video).mean()
    bound = evidence.with_bags(comments.video, wl.Proportion("spam", share=rate))
    alone, model = (wl.LabelModel().fit(each) for each in (evidence, bound))
    assert isinstance(model.model_, wl.Cautious)
    pd.testing.assert_series_equal(model.class_prior_, alone.class_prior_)
    worse = wl.score(comments.label, alone.posterior(evidence))
    better = wl.score(comments.label, model.posterior(bound))
    assert better["log_loss"] < worse["log_loss"]


@pytest.mark.parametrize(("scale", "solver"), [(None, wl.Sinkhorn), (5.0, wl.BeliefPropagation)])
def test_large_bags_need_expected_counts_only(scale, solver):
    frame = pd.DataFrame({"a": ["x", "y"] * 1500})
    evidence = wl.Evidence(frame.index, classes=["x", "y"]).with_votes(frame)
    count = wl.Count("x", number=1000, scale=scale)
    evidence = evidence.with_bags(pd.Series("all", frame.index), count)
    chosen, _ = choose_solver(evidence)
    assert isinstance(chosen, solver)


def test_what_is_read_in_the_text_makes_votes_better():
    """Dependent votes teach the classifier once, and keep the class prior they came with."""
    comments = wl.datasets.load_youtube_comments()
    words = TfidfVectorizer(min_df=3).fit_transform(comments.text)
    features = TruncatedSVD(20, random_state=0).fit_transform(words)
    votes = wl.apply(youtube_spam.FUNCTIONS, comments)
    evidence = wl.Evidence(comments.index, classes=["ham", "spam"]).with_votes(votes)
    alone = wl.LabelModel().fit(evidence)
    assert isinstance(alone.model_, wl.Cautious)
    read = evidence.with_features(features)
    model = wl.LabelModel().fit(read)
    assert [term.max_iter for term in model.terms_] == [0, 0]
    pd.testing.assert_series_equal(model.class_prior_, alone.class_prior_)
    before, after = (
        wl.score(comments.label, m.posterior(e)) for m, e in ((alone, evidence), (model, read))
    )
    assert after["log_loss"] < before["log_loss"] - 0.02
    assert after["accuracy"] >= before["accuracy"]


@pytest.mark.parametrize("n_functions", [3, 14])
def test_neighbors_never_cost_the_votes_anything(n_functions):
    """Rules agree on neighbors since they read the same words: no proof that these are alike."""
    comments = wl.datasets.load_youtube_comments()
    words = TfidfVectorizer(min_df=3).fit_transform(comments.text)
    features = TruncatedSVD(20, random_state=0).fit_transform(words)
    votes = wl.apply(youtube_spam.FUNCTIONS[:n_functions], comments)
    evidence = wl.Evidence(comments.index, classes=["ham", "spam"]).with_votes(votes)
    near = evidence.with_neighbors(wl.neighbors(features))
    alone, model = fitted(wl.LabelModel(), evidence), fitted(wl.LabelModel(), near)
    assert isinstance(model.solver_, wl.RandomWalk)
    voted = evidence.votes.voted
    before, after = (m.posterior(e).probabilities for m, e in ((alone, evidence), (model, near)))
    np.testing.assert_allclose(after[voted], before[voted], atol=1e-6)
    gold = comments.label.eq("spam").to_numpy().astype(int)
    silent = np.flatnonzero(~voted)
    loss = [-np.log(p[silent, gold[silent]]).mean() for p in (before, after)]
    assert loss[1] < loss[0] + 0.05


def test_dependent_sources_and_a_classifier_are_pooled():
    """Their sum would be far too sure: what rules read, the classifier reads."""
    case = wl.datasets.everything(300, random_state=0)
    evidence = case.evidence("votes", "features")
    with no_advice():
        fit = wl.Cautious().fit(evidence)
        term = Learned(wl.Cautious(), fit.parameters_.terms[0], fit.parameters_.log_prior)
        classifier = wl.Classifier(LogisticRegression())
        pooled, added = (
            Fusion([term, classifier], pooled=flag).fit(evidence).posterior(evidence)
            for flag in (True, False)
        )
    assert pooled.confidence.mean() < added.confidence.mean()
    assert (pooled.labels() == added.labels()).mean() > 0.9


# ---- few gold rows --------------------------------------------------------------------------


@pytest.mark.parametrize("few", [10, 100])
@pytest.mark.parametrize("silence", [None, "missing"])
def test_a_few_gold_rows_never_make_the_other_rows_worse(few, silence):
    """On real rules, taken as functions and as a crowd."""
    comments = youtube_spam.load()
    votes = wl.apply(youtube_spam.FUNCTIONS, comments)
    blank = wl.Evidence(comments.index, classes=youtube_spam.CLASSES)
    evidence = blank.with_votes(votes, silence=silence)
    gold = comments[youtube_spam.GOLD]
    for seed in range(2):
        known = gold.sample(few, random_state=seed)
        others = gold.drop(known.index)
        told = evidence.with_candidates(known)
        with_gold, without = (
            wl.score(others, fitted(wl.LabelModel(), some).posterior(some))
            for some in (told, evidence)
        )
        assert with_gold["accuracy"] > without["accuracy"] - 0.005
        assert with_gold["log_loss"] < without["log_loss"] + 0.005
