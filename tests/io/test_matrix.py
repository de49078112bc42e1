"""Matrices in the conventions of other libraries: read as declared, refused where they look odd."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import weaklabel as wl
from weaklabel.io.matrix import ENCODINGS

CODES = np.array([[1, -1, 0], [-1, -1, 1], [0, 1, 0]])
METAL = CODES + 1
SIGNED = np.array([[1, 0, -1], [0, 0, 1], [-1, 1, -1]])
ITEMS = ["a", "b", "c"]


def evidence(classes=("ham", "spam"), index=ITEMS):
    return wl.Evidence(index, classes=list(classes))


def read(matrix, encoding=None, classes=("ham", "spam"), index=ITEMS):
    return evidence(classes, index).with_votes(matrix, encoding=encoding).votes


def said(of) -> list:
    return list(zip(of.item.tolist(), of.source.tolist(), of.code.tolist(), strict=True))


EXPECTED = said(read(CODES, "codes"))


def test_what_is_expected():
    assert EXPECTED == [(0, 0, 1), (0, 2, 0), (1, 2, 1), (2, 0, 0), (2, 1, 1), (2, 2, 0)]


@pytest.mark.parametrize(
    ("matrix", "encoding"),
    [
        (CODES, None),
        (CODES.astype(np.int8), None),
        (CODES.astype(float), None),
        (CODES.tolist(), None),
        (np.where(CODES < 0, np.nan, CODES), None),
        (np.where(CODES < 0, np.nan, CODES), "codes"),
        (METAL, "metal"),
        (METAL.astype(np.uint8), "metal"),
        (sparse.csr_array(METAL), "metal"),
        (sparse.coo_matrix(METAL), "metal"),
        (SIGNED, "signed"),
        (sparse.csc_array(SIGNED), "signed"),
        (pd.DataFrame(METAL, ITEMS).iloc[[2, 0, 1]], "metal"),
        (pd.DataFrame(SIGNED, ITEMS).astype("Int64").replace(0, pd.NA), "signed"),
    ],
)
@pytest.mark.parametrize("classes", [("ham", "spam"), (0, 1), (("a", 1), ("b", 2))])
def test_declared_encodings_are_read_the_same(matrix, encoding, classes):
    assert said(read(matrix, encoding, classes)) == EXPECTED


@pytest.mark.parametrize(
    ("matrix", "encoding"), [(METAL, "metal"), (SIGNED, "signed"), (CODES, "codes")]
)
def test_positions_work_whatever_classes_are_called(matrix, encoding):
    for classes in ([1, 2], [-1, 1], [False, True]):
        assert said(read(matrix, encoding, classes)) == EXPECTED


def test_a_series_is_one_source():
    one = evidence().with_votes(pd.Series([1, 0], index=["c", "a"], name="judge")).votes
    assert one.sources.tolist() == ["judge"]
    assert said(one) == [(0, 0, 0), (2, 0, 1)]
    assert evidence().with_votes(pd.Series(["ham"], index=["b"])).votes.sources.tolist() == [0]
    assert said(read(np.array([0, -1, 1]))) == [(0, 0, 0), (2, 0, 1)]
    encoded = evidence().with_votes(pd.Series([1, 2, 0], index=ITEMS), encoding="metal").votes
    assert said(encoded) == [(0, 0, 0), (1, 0, 1)]


def test_shapes_that_do_not_fit():
    with pytest.raises(
        ValueError, match=r"votes have 2 rows, but the evidence has 3 items.*pandas object"
    ):
        read(CODES[:2])
    with pytest.raises(
        ValueError, match=r"n_items x n_sources; this array has 3 dimensions.*soft votes"
    ):
        read(np.zeros((3, 2, 2)))
    with pytest.raises(ValueError, match=r"rows of different lengths.*None.*long frame"):
        read([[1, 0], [1], [0]])
    with pytest.raises(
        TypeError, match=r"Votes are a frame, a matrix.*not 'spam'\. Pass what apply returned"
    ):
        read("spam")


def test_sparse_matrices_need_an_encoding():
    for encoding in (None, "codes"):
        with pytest.raises(
            ValueError, match=r"does not store its zeros.*encoding='metal' \(0 abstains, classes"
        ):
            read(sparse.csr_array(METAL), encoding)


def test_encodings_that_do_not_fit():
    with pytest.raises(
        ValueError, match=r"no encoding 'snorkel'\. Choose one of 'codes': -1 abstains"
    ):
        read(CODES, "snorkel")
    with pytest.raises(
        ValueError, match=r"'signed' is for two classes, not 3: \['a', 'b', 'c'\].*'metal'"
    ):
        read(SIGNED, "signed", "abc")
    with pytest.raises(
        ValueError, match=r"says what numbers mean, but these sources hold none: 's', 't'\. Leave"
    ):
        read(pd.DataFrame({"s": ["ham"], "n": [1], "t": ["spam"]}, index=["a"]), "metal")
    with pytest.raises(
        ValueError,
        match=r"^1 says 3 about item 'b' \(2 such votes\), which encoding='metal' does not have: 0",
    ):
        read(np.array([[1, 2], [0, 3], [3, 0]]), "metal")
    with pytest.raises(
        ValueError, match=r"says 0\.5 about item 'a'.*encoding='signed'.*Name every class"
    ):
        read(SIGNED / 2, "signed")
    with pytest.raises(ValueError, match=r"says 2 about item 'a'.*encoding='codes'"):
        read(CODES * 2, "codes")


# ---- what looks odd ------------------------------------------------------------------------------


def simulated(
    rng, n_classes=2, coverage=0.5, prior=None, n_items=4000, accuracy=(0.7, 0.8, 0.9, 0.95)
):
    """Votes of independent sources in codes."""
    truth = rng.choice(n_classes, size=(n_items, 1), p=prior)
    wrong = (truth + rng.integers(1, n_classes, size=(n_items, len(accuracy)))) % n_classes
    right = rng.random(wrong.shape) < accuracy
    return np.where(rng.random(wrong.shape) < coverage, np.where(right, truth, wrong), -1)


def signed(codes):
    return np.select([codes == -1, codes == 0], [0, -1], 1)


def looks(matrix, n_classes):
    """Tell how undeclared numbers are taken, for names and for positions as classes."""
    verdicts = set()
    for classes in ([f"c{k}" for k in range(n_classes)], list(range(n_classes))):
        known = wl.Evidence(range(len(matrix)), classes=classes)
        try:
            known.with_votes(matrix)
        except ValueError as error:
            text = str(error)
            assert "encoding='metal'" in text
            verdicts.add("odd" if "looks as if 0 meant silence" in text else "no class")
        else:
            verdicts.add("fine")
        for encoding in ("codes",) if verdicts == {"odd"} else ():
            known.with_votes(np.clip(matrix, -1, n_classes - 1), encoding=encoding)
    (verdict,) = verdicts
    return verdict


@pytest.mark.parametrize("coverage", [0.05, 0.3, 0.6, 0.9, 0.98, 1.0])
@pytest.mark.parametrize("prior", [[0.5, 0.5], [0.8, 0.2], [0.2, 0.8]])
def test_ordinary_matrices_of_two_classes_are_accepted_and_others_refused(rng, coverage, prior):
    codes = simulated(rng, coverage=coverage, prior=prior)
    assert looks(codes, 2) == "fine"
    assert looks(np.where(codes < 0, np.nan, codes), 2) == "fine"
    assert looks(codes.astype(np.int8), 2) == "fine"
    assert looks(codes + 1, 2) in {"odd", "no class"}
    assert looks(signed(codes), 2) == "odd"


@pytest.mark.parametrize("coverage", [0.05, 0.3, 0.9, 1.0])
def test_ordinary_matrices_of_many_classes_are_accepted_and_others_refused(rng, coverage):
    codes = simulated(rng, n_classes=4, coverage=coverage)
    assert looks(codes, 4) == "fine"
    assert looks(codes + 1, 4) in {"odd", "no class"}


def test_rules_for_one_class_each_are_accepted(rng):
    codes = simulated(rng, coverage=0.4)
    codes[:, :2][codes[:, :2] == 1] = -1
    codes[:, 2:][codes[:, 2:] == 0] = -1
    assert looks(codes, 2) == "fine"
    assert looks(signed(codes), 2) == "odd"


def refusal(matrix, n_classes=2):
    known = wl.Evidence(range(len(matrix)), classes=[f"c{k}" for k in range(n_classes)])
    with pytest.raises(
        ValueError, match="looks as if 0 meant silence, or classes counted from 1"
    ) as caught:
        known.with_votes(matrix)
    text = str(caught.value)
    for encoding, meaning in ENCODINGS.items():
        assert f"encoding={encoding!r}: {meaning}" in text
    return text


def test_what_was_seen_is_said():
    assert "no source ever says 0, the first class" in refusal([[1, -1], [1, 1], [-1, 1]])
    assert "no source ever says 0, the first class" in refusal([[1, 2], [1, 1], [2, 1]], 3)
    text = refusal([[0, 0, 0, 1]] + [[0, 0, 0, 0]] * 3)
    assert "94% of the numbers are 0 and none is -1 or missing" in text
    text = refusal([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, -1, 1], [0, 0, 0, -1]])
    assert "75% of the numbers are 0 and only 12% are -1" in text
    few = [[-1, -1, 0], [1, 1, 0], [0, -1, -1], [0, 1, 1], [0, 0, -1], [1, 0, 0]]
    assert "sources contradict 1 by -1, and not by 0" in refusal(few * 20)
    assert looks(np.array(few), 2) == "fine"


def test_a_class_that_is_most_of_all_is_accepted_where_contradictions_are_plain(rng):
    codes = simulated(
        rng, coverage=0.9, prior=[0.95, 0.05], accuracy=(0.97, 0.98, 0.99, 0.95), n_items=5000
    )
    assert (codes == 0).mean() > 0.8
    assert looks(codes, 2) == "fine"


def test_other_numbers_leave_no_doubt():
    # with three classes -1 fits the codes alone
    assert looks(np.array([[1, -1], [2, 1], [-1, 2]]), 3) == "fine"
    # silence alone says nothing about the rest
    assert looks(np.full((5, 3), -1), 2) == "fine"
    assert looks(np.full((5, 3), np.nan), 2) == "fine"


def test_single_items_do_not_depend_on_luck():
    assert looks(np.array([[1, -1, 1]]), 2) == "fine"
    assert looks(np.array([[0, 0, 0], [0, 0, 0]]), 2) == "fine"


def test_only_columns_of_numbers_are_suspected():
    frame = pd.DataFrame({"named": ["ham", "spam", None, "ham"], "number": [1, 1, -1, 1]})
    with pytest.raises(ValueError, match="no source ever says 0"):
        evidence(index=frame.index).with_votes(frame)
    assert evidence(index=frame.index).with_votes(frame[["named"]]).votes.n_votes == 3
    assert evidence([1, 2], frame.index).with_votes(pd.Series([1, 1, 2, 1])).votes.n_votes == 4
    truth = pd.DataFrame({"s": [True] * 4})
    assert evidence([False, True], frame.index).with_votes(truth).votes.n_votes == 4
    nullable = pd.DataFrame({"s": pd.array([1, None, 1, 1], dtype="Int64")})
    with pytest.raises(ValueError, match="no source ever says 0"):
        evidence(index=frame.index).with_votes(nullable)
