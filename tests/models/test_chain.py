"""Chain is held against enumeration of all labelings, Dawid-Skene, and planted transitions."""

from __future__ import annotations

import math

import numpy as np
import oracle
import pandas as pd
import pytest
from laws._cases import evidence_of, fitted

import weaklabel as wl
from weaklabel.models._forward_backward import forward_backward, steps_of


def enumerated(scores, first, step, lengths):
    """Marginals, expected neighbors and log-likelihood of chains that lie one after another."""
    n_items, n_classes = scores.shape
    starts = set(np.cumsum([0, *lengths[:-1]]))
    marginals, pairs, total = np.zeros((n_items, n_classes)), np.zeros((n_classes,) * 2), 0.0
    for labels in oracle.labelings(n_items, n_classes):
        weight = math.exp(sum(scores[i, y] for i, y in enumerate(labels)))
        for i, y in enumerate(labels):
            weight *= first[y] if i in starts else step[labels[i - 1], y]
        total += weight
        for i, y in enumerate(labels):
            marginals[i, y] += weight
            if i not in starts:
                pairs[labels[i - 1], y] += weight
    return marginals / total, pairs / total, math.log(total)


@pytest.mark.parametrize("seed", range(6))
def test_messages_are_sums_over_all_labelings(seed):
    rng = np.random.default_rng(seed)
    lengths = [[6], [1, 5], [2, 4], [3, 3], [1, 1, 4], [1, 2, 3]][seed]
    scores = rng.normal(scale=2, size=(6, 3))
    scores[rng.integers(6), 0] = -np.inf
    first, step = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), 3)
    step[0, 2] = 0
    chain = np.repeat(np.arange(len(lengths)), lengths)
    order = rng.permutation(6)  # chains may lie in any order, as long as their items keep theirs
    order = order[np.argsort(chain[order], kind="stable")]
    order = np.concatenate(
        [np.sort(order[chain[order] == c]) for c in rng.permutation(chain.max() + 1)]
    )
    found = forward_backward(
        scores[order],
        np.log(first),
        np.log(np.where(step > 0, step, 1e-300)),
        steps_of(chain[order]),
        np.ones(6),
    )
    marginals, pairs, log_likelihood = enumerated(scores, first, step, lengths)
    np.testing.assert_allclose(found.marginals, marginals[order], atol=1e-12)
    np.testing.assert_allclose(found.pairs, pairs, atol=1e-12)
    assert found.log_normalizer.sum() == pytest.approx(log_likelihood)
    starts = np.cumsum([0, *lengths[:-1]])
    np.testing.assert_allclose(found.firsts, marginals[starts].sum(axis=0), atol=1e-12)


def test_where_no_class_is_possible_a_chain_starts_anew():
    scores = np.zeros((3, 2))
    scores[1] = -np.inf
    found = forward_backward(
        scores,
        np.log([0.9, 0.1]),
        np.log([[0.8, 0.2], [0.3, 0.7]]),
        steps_of(np.zeros(3)),
        np.ones(3),
    )
    assert found.log_normalizer[1] == -np.inf
    np.testing.assert_allclose(found.marginals[0], [0.9, 0.1])
    np.testing.assert_allclose(found.marginals[1], [0.5, 0.5])


def tokens(n_sentences: int, seed: int = 0, coverage: float = 0.7):
    """Sentences of eight tokens whose tags follow each other, and what four sources say of them."""
    rng = np.random.default_rng(seed)
    step = np.array([[0.8, 0.2, 0.0], [0.3, 0.1, 0.6], [0.5, 0.1, 0.4]])
    gold = np.zeros((n_sentences, 8), dtype=int)
    gold[:, 0] = rng.random(n_sentences) < 0.2
    for t in range(1, 8):
        gold[:, t] = (rng.random((n_sentences, 1)) > step[gold[:, t - 1]].cumsum(axis=1)).sum(
            axis=1
        )
    gold = gold.ravel()
    right = rng.random((len(gold), 4)) < [0.8, 0.7, 0.75, 0.65]
    other = (gold[:, None] + rng.integers(1, 3, right.shape)) % 3
    codes = np.where(right, gold[:, None], other)
    codes[rng.random(codes.shape) > coverage] = -1
    index = pd.MultiIndex.from_product([range(n_sentences), range(8)], names=["sentence", "place"])
    blank = wl.Evidence(index, classes=["O", "B", "I"])
    return blank.with_votes(codes, silence="missing", encoding="codes"), gold, step


def test_transitions_are_recovered_and_help():
    evidence, gold, step = tokens(4000)
    model = fitted(wl.Chain(sequence="sentence", max_iter=40, smoothing=0.1), evidence)
    np.testing.assert_allclose(model.transition_, step, atol=0.05)
    alone = fitted(wl.DawidSkene(smoothing=0.1), evidence)
    scores = [wl.score(gold, one.posterior(evidence)) for one in (model, alone)]
    assert scores[0]["accuracy"] > scores[1]["accuracy"] + 0.03
    assert scores[0]["ece"] < 0.02


def test_more_sweeps_never_lose_likelihood():
    evidence, _, _ = tokens(60)
    trace = fitted(
        wl.Chain(sequence="sentence", max_iter=15, max_drift=1), evidence
    ).objective_trace_
    # the pseudo-item of the transitions is no part of the objective
    assert (np.diff(trace) > -0.05).all()
    assert trace[-1] > trace[0]


def test_silent_items_hear_from_those_beside_them():
    evidence, _, _ = tokens(200, coverage=0.5)
    model = fitted(wl.Chain(sequence="sentence"), evidence)
    found = model.predict_proba(evidence).to_numpy()
    silent = ~evidence.votes.voted
    assert silent.any()
    assert np.ptp(found[silent], axis=0).min() > 0.1
    assert model.predict(evidence)[silent].notna().all()


def test_sequences_may_come_in_any_order():
    evidence, _, _ = tokens(30)
    order = np.random.default_rng(0).permutation(30)
    rows = (order[:, None] * 8 + np.arange(8)).ravel()
    model = wl.Chain(sequence="sentence")
    one, other = (fitted(model, part) for part in (evidence, evidence.take(rows)))
    found = other.predict_proba(evidence.take(rows)).loc[evidence.index]
    pd.testing.assert_frame_equal(found, one.predict_proba(evidence), rtol=1e-9)
    by_number = fitted(wl.Chain(sequence=0), evidence)
    pd.testing.assert_frame_equal(by_number.predict_proba(evidence), one.predict_proba(evidence))


def test_candidates_and_hints_reach_the_neighbors():
    evidence, gold, _ = tokens(50)
    known = evidence.index[::2]
    names = np.array(["O", "B", "I"])
    helped = evidence.with_candidates(dict(zip(known, names[gold[::2]], strict=True)))
    model = wl.Chain(sequence="sentence")
    scores = [
        wl.score(gold[1::2], fitted(model, part).posterior(part).frame().iloc[1::2])["accuracy"]
        for part in (evidence, helped)
    ]
    assert scores[1] > scores[0] + 0.02


def test_every_item_for_itself_is_dawid_skene():
    evidence, _, _ = tokens(60)
    one = fitted(wl.Chain(max_iter=5), evidence)
    other = fitted(wl.DawidSkene(max_iter=5, tol=0, max_misfit=np.inf), evidence)
    pd.testing.assert_frame_equal(one.predict_proba(evidence), other.predict_proba(evidence))


def test_what_is_impossible_never_happens():
    evidence, _, _ = tokens(60)
    model = fitted(wl.Chain(sequence="sentence", impossible=[("O", "I"), ("B", "B")]), evidence)
    assert model.transition_.loc["O", "I"] == 0
    assert model.transition_.loc["B", "B"] == 0


def test_silence_stands_for_a_class_in_the_start():
    evidence, _, _ = tokens(60, coverage=0.2)
    plain = fitted(wl.Chain(sequence="sentence", max_iter=0, max_drift=1), evidence)
    outside = wl.Chain(sequence="sentence", otherwise="O", max_iter=0, max_drift=1)
    assert fitted(outside, evidence).class_prior_["O"] > plain.class_prior_["O"] + 0.1


@pytest.mark.parametrize("level", [0, "sentence"])
def test_beside_other_terms_a_chain_hears_its_sequences(level):
    evidence, gold, _ = tokens(1000)
    chain = wl.Chain(sequence=level, max_iter=10, smoothing=0.1)
    models = (
        chain,
        wl.DawidSkene(smoothing=0.1),
        wl.LabelModel([chain, wl.MajorityVote()]),
        wl.LabelModel([wl.MajorityVote(), chain]),
    )
    alone, apart, *fusions = (
        wl.score(gold, fitted(model, evidence).posterior(evidence))["accuracy"] for model in models
    )
    assert apart + 0.02 < min(fusions)
    assert alone - 0.025 < min(fusions)


def test_how_often_sources_are_right_is_told_of_sequences():
    evidence, _, _ = tokens(60)
    by_number, by_name = (
        wl.source_accuracy(
            fitted(wl.Chain(sequence=level), evidence), evidence, n_draws=3, random_state=0
        )
        for level in (0, "sentence")
    )
    pd.testing.assert_frame_equal(by_number, by_name)


@pytest.mark.parametrize("level", [0, "sentence"])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("look", [wl.explain, wl.flip, wl.plots.waterfall])
def test_votes_on_one_item_do_not_explain_a_sequence(look, alone, level):
    evidence, _, _ = tokens(30)
    chain = wl.Chain(sequence=level)
    model = fitted(chain if alone else wl.LabelModel([wl.OneCoin(), chain]), evidence)
    with pytest.raises(ValueError, match=r"Chain\(.*the items around it.*DawidSkene with the same"):
        look(model, evidence, (0, 3))


def test_a_chain_of_items_for_themselves_is_explained():
    evidence, _, _ = tokens(30)
    model = fitted(wl.Chain(), evidence)
    table = wl.explain(model, evidence, (0, 3))
    total = table.filter(like="nats[").sum().to_numpy()
    found = np.exp(total - total.max())
    np.testing.assert_allclose(
        found / found.sum(), model.predict_proba(evidence).loc[(0, 3)], atol=1e-10
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"sequence": "sentence"},
            r"no index level 'sentence'.*there are \['id'\]. Give the items",
        ),
        ({"otherwise": "O"}, r"no class 'O'; the classes are \['mid', 'low', 'top'\]"),
        ({"impossible": ("O", "I")}, "takes pairs of classes, one before the other; 'O' is none"),
        ({"impossible": [("low", "B")]}, "no class 'B'; the classes are"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        wl.Chain(**settings).fit(evidence_of())


def test_a_saved_chain_knows_its_sequences(tmp_path):
    evidence, _, _ = tokens(30)
    model = fitted(wl.Chain(sequence="sentence", impossible=[("O", "I")]), evidence)
    model.save(tmp_path / "chain.wl")
    read = wl.load(tmp_path / "chain.wl")
    pd.testing.assert_frame_equal(read.predict_proba(evidence), model.predict_proba(evidence))
