"""Every label model explains its labels, without being told how."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from laws._cases import VARIANTS, evidence_of, evidences, fitted, probabilities

import weaklabel as wl
from weaklabel.models._em import informed_score

AFTER = ["plain votes", "bags and neighbors"]  # parts that come after the score
each_variant = pytest.mark.parametrize("name", VARIANTS)


def nats(table: pd.DataFrame) -> np.ndarray:
    return table.filter(regex=r"^nats\[").to_numpy()


def scores(model, evidence):
    """Log scores before the solver, by the functions that the loop itself calls."""
    model = getattr(model, "model_", model)
    used = model._used_part(model._matched(evidence))
    return informed_score(model._terms(), used, model._learned())


def distance(one, other):
    """Largest difference; infinities must be the same."""
    differ = one != other
    return np.abs(np.subtract(one, other, out=np.zeros(len(one)), where=differ)).max()


@each_variant
@settings(deadline=None, max_examples=12)
@given(evidence=evidences())
def test_what_speaks_adds_up_to_the_score(name, evidence):
    model = fitted(VARIANTS[name], evidence)
    if len(getattr(model, "copies_", ())):
        return
    expected = scores(model, evidence)
    for row, item in enumerate(evidence.index[:6]):
        table = wl.explain(model, evidence, item)
        certain = table.index == "certain candidates"
        found = nats(table[~table["part"].isin(AFTER) & ~certain]).sum(axis=0)
        assert distance(found, expected[row]) <= 1e-10


@each_variant
@settings(deadline=None, max_examples=12)
@given(evidence=evidences())
def test_all_rows_add_up_to_the_posterior(name, evidence):
    model = fitted(VARIANTS[name], evidence)
    expected = probabilities(model, evidence)
    possible = np.isfinite(model.posterior(evidence).log_normalizer)
    for row in np.flatnonzero(possible)[:6]:
        item = evidence.index[row]
        total = nats(wl.explain(model, evidence, item)).sum(axis=0)
        weight = np.exp(total - total.max())
        np.testing.assert_allclose(weight / weight.sum(), expected[row], rtol=0, atol=1e-10)


@each_variant
def test_a_flip_is_one_and_no_smaller_change_is(name):
    """Held against prediction on evidence with every smaller change really made."""
    evidence = evidence_of(3, n_items=40, n_classes=3, n_sources=4, kinds=("hard",), coverage=0.7)
    model = fitted(VARIANTS[name], evidence)
    frame = votes_frame(evidence)
    now = model.predict(evidence)
    says = {source: [None, *frame[source].dropna().unique()] for source in frame}
    for item in evidence.index[:8]:
        change = wl.flip(model, evidence, item)
        assert change.attrs["exact"]
        assert (change.attrs["label"] is None) == pd.isna(now[item])
        if pd.isna(now[item]):
            assert change.empty
            continue
        assert change.attrs["label"] == now[item]
        tried = predicted(model, evidence, frame, item, one_vote_changed(frame, item, says))
        assert any(label != now[item] for label in tried) == (len(change) == 1)
        if len(change):
            row = frame.loc[item].copy()
            for source, to in change["instead"].items():
                row[source] = to
            (label,) = predicted(model, evidence, frame, item, [row])
            assert label != now[item]
            assert label == change["label"].iloc[-1] or pd.isna(label)


def votes_frame(evidence):
    """The wide frame again; None where a source is silent."""
    votes = evidence.votes
    cells = np.full((len(evidence), votes.n_sources), None, dtype=object)
    cells[votes.item, votes.source] = evidence.classes[votes.code]
    return pd.DataFrame(cells, evidence.index, votes.sources)


def one_vote_changed(frame, item, says):
    """Every way to change one vote of an item."""
    for source in frame.columns[frame.loc[item].notna()]:
        for to in says[source]:
            if to != frame.loc[item, source]:
                row = frame.loc[item].copy()
                row[source] = to
                yield row


def predicted(model, evidence, frame, item, rows):
    """Labels that the model gives to other votes on an item."""
    rows = list(rows)
    other = pd.DataFrame([row.tolist() for row in rows], columns=frame.columns, dtype=object)
    again = wl.Evidence(other.index, classes=evidence.classes).with_votes(other)
    return model.predict(again).tolist()
