"""The classifier term: it learns from others, never from itself, and is as sharp as counts say."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import weaklabel as wl

QUICK = LogisticRegression()


def planted(n_items=1200, n_classes=2, seed=0, spread=1.0):
    """Items of classes whose features differ by `spread`, and the class of each."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(n_classes, n_items, p=[0.7, *[0.3 / (n_classes - 1)] * (n_classes - 1)])
    centers = 2 * np.eye(n_classes, 3)
    X = centers[gold] + rng.normal(scale=spread, size=(n_items, 3))
    index = pd.Index([f"item {i}" for i in rng.permutation(n_items)], name="id")
    return pd.DataFrame(X, index, ["f", "g", "h"]), gold


def bagged(X, gold, size=12, n_classes=2):
    """Evidence: features, and exact counts of every class in bags."""
    bag = pd.Series(np.arange(len(X)) // size, X.index)
    evidence = wl.Evidence(X.index, classes=range(n_classes)).with_features(X)
    for y in range(n_classes - 1):
        counts = pd.Series(gold == y, X.index).groupby(bag).sum()
        evidence = evidence.with_bags(bag, wl.Count(y, number=counts))
    return evidence


def accuracy(model, evidence, gold):
    return (model.predict_proba(evidence).to_numpy().argmax(axis=1) == gold).mean()


def supervised(X, gold):
    return (LogisticRegression().fit(X, gold).predict(X) == gold).mean()


def test_shares_are_enough_to_learn_the_classes_of_items():
    X, gold = planted()
    evidence = bagged(X, gold)
    model = wl.Classifier(QUICK, solver=wl.BeliefPropagation()).fit(evidence)
    assert accuracy(model, evidence, gold) > supervised(X, gold) - 0.01
    fresh, truth = planted(seed=1)
    unbound = wl.Evidence(range(len(fresh)), classes=[0, 1]).with_features(fresh.to_numpy())
    assert accuracy(model, unbound, truth) > supervised(fresh, truth) - 0.02
