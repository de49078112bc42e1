"""Metrics of several classes an item, by counting."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl


def case(seed=0, n=40, k=4):
    rng = np.random.default_rng(seed)
    index, classes = [f"i{i}" for i in range(n)], list("abcd")[:k]
    p = pd.DataFrame(rng.random((n, k)), index, classes)
    return pd.DataFrame(rng.random((n, k)) < p.to_numpy(), index, classes), p


def test_figures_are_those_of_counting():
    gold, p = case()
    found = wl.multilabel_score(gold, p)
    y, said = gold.to_numpy(), p.to_numpy() > 0.5

    def f1(truth, told):
        return 2 * (truth & told).sum() / (truth.sum() + told.sum())

    assert found["micro_f1"] == pytest.approx(f1(y, said))
    assert found["macro_f1"] == pytest.approx(np.mean([f1(y[:, c], said[:, c]) for c in range(4)]))
    assert found["hamming"] == pytest.approx(np.mean(y != said))
    assert found["subset_accuracy"] == pytest.approx(
        np.mean([(a == b).all() for a, b in zip(y, said, strict=True)])
    )
    losses = []
    for row, told in zip(y, p.to_numpy(), strict=True):
        pairs = list(product(told[row], told[~row]))
        losses.append(np.mean([has <= lacks for has, lacks in pairs]) if pairs else 0.0)
    assert found["ranking_loss"] == pytest.approx(np.mean(losses))
    assert found["n"] == 40


def test_order_of_rows_and_columns_does_not_matter_and_missing_rows_are_left_out():
    gold, p = case()
    gold = gold.astype(object)
    gold.iloc[::4] = None
    mixed = wl.multilabel_score(gold.iloc[::-1, ::-1], p)
    kept = gold.notna().all(axis=1)
    assert mixed == pytest.approx(wl.multilabel_score(gold[kept].astype(bool), p[kept]))
    assert mixed["n"] == 30


def test_a_class_that_nobody_has_counts_nowhere():
    gold, p = case(k=2)
    found = wl.multilabel_score(gold.assign(none=False), p.assign(none=0.1))
    assert found["macro_f1"] == pytest.approx(wl.multilabel_score(gold, p)["macro_f1"])
    empty = wl.multilabel_score(gold & False, p * 0)
    assert np.isnan([empty["macro_f1"], empty["mean_average_precision"]]).all()


def test_what_does_not_fit_is_refused():
    gold, p = case()
    with pytest.raises(ValueError, match="do not have the same items: 'i0' are in one"):
        wl.multilabel_score(gold.iloc[1:], p)
    with pytest.raises(ValueError, match="do not have the same classes: 'd'"):
        wl.multilabel_score(gold, p.drop(columns="d"))
    partly = gold.astype(object)
    partly.iloc[0, 0] = None
    with pytest.raises(ValueError, match="missing for some classes of 1 items: 'i0'"):
        wl.multilabel_score(partly, p)
    with pytest.raises(ValueError, match="No item has gold"):
        wl.multilabel_score(partly.where(partly.isna()), p)
    with pytest.raises(ValueError, match="between 0 and 1"):
        wl.multilabel_score(gold, 3 * p)


def test_gold_is_yes_or_no():
    gold, p = case()
    for same in (gold.astype(int), gold.astype(float), gold.astype(object), gold.astype("boolean")):
        assert wl.multilabel_score(same, p) == wl.multilabel_score(gold, p)
    wrong = gold.astype(object)
    wrong.iloc[1, 2], wrong.iloc[3, 0] = -1, "no"
    with pytest.raises(
        ValueError, match=r"2 values .* no: -1 for 'i1', 'c'; 'no' for 'i3', 'a'\. P"
    ):
        wl.multilabel_score(wrong, p)
