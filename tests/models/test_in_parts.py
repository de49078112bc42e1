"""Label models that say they learn from sums alone are the same when they read items in parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from laws._cases import VARIANTS, evidence_of, fitted, no_advice, quick
from sklearn.base import clone

from weaklabel.models._chunks import Loop, is_additive, sum_over

ADDITIVE = [name for name, model in VARIANTS.items() if is_additive(model)]


def test_most_members_are_additive():
    assert {"DawidSkene", "IBCC", "EBCC", "GLAD", "MACE", "NPLM", "Triplets"} <= set(ADDITIVE)


@pytest.mark.parametrize("name", ADDITIVE)
@pytest.mark.parametrize("crowd", [False, True])
def test_a_fit_in_parts_is_the_fit_to_all(name, crowd):
    evidence = evidence_of(3, n_items=90, kinds=("hard", "set"), coverage=0.3, crowd=crowd)
    model = quick(VARIANTS[name])
    whole = fitted(model, evidence)
    rows = np.array_split(np.random.default_rng(0).permutation(90), 9)
    parts = [evidence.take(part) for part in rows]
    in_parts = clone(model)
    with no_advice():
        Loop(in_parts, parts[0], lambda function: sum_over(parts, function)).fit()
    pd.testing.assert_frame_equal(
        in_parts.predict_proba(evidence), whole.predict_proba(evidence), rtol=1e-7, atol=1e-9
    )
    pd.testing.assert_series_equal(in_parts.source_accuracy_, whole.source_accuracy_)
    assert in_parts.ending_ == whole.ending_
