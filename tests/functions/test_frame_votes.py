import numpy as np
import pandas as pd
import pytest

from weaklabel.functions import FrameVotes, LabelingFunctionError, apply

SCORES = pd.DataFrame(
    {"bad": [0.9, 0.4, np.nan], "fine": [0.1, 0.6, np.nan]}, index=["a", "b", "c"]
)


def test_aligned_by_label():
    frame = pd.DataFrame(index=["z", "c", "b", "a"])
    votes = apply([FrameVotes(SCORES)], frame)["probabilities_bad_fine"]
    assert votes.tolist() == [None, None, {"bad": 0.4, "fine": 0.6}, {"bad": 0.9, "fine": 0.1}]
    sure = apply([FrameVotes(SCORES, min_confidence=0.7)], frame).iloc[:, 0]
    assert sure.notna().tolist() == [False, False, False, True]


def test_more_items_than_the_frame_has_are_fine():
    assert FrameVotes(SCORES)(pd.DataFrame(index=["b"])).tolist() == [{"bad": 0.4, "fine": 0.6}]


def test_no_item_in_common_is_an_error():
    with pytest.raises(
        LabelingFunctionError, match="the frame has 0, 1, the probabilities have 'a'"
    ):
        apply([FrameVotes(SCORES)], pd.DataFrame(index=[0, 1]))


@pytest.mark.parametrize(
    ("scores", "error", "words"),
    [
        (SCORES.to_numpy(), TypeError, "wants a DataFrame .items x classes., not ndarray. Give an"),
        (SCORES.loc[["a", "a"]], ValueError, "items more than once: 'a'. Keep one of each"),
        (SCORES[["bad", "bad"]], ValueError, "classes more than once: 'bad'"),
        (SCORES * 2, ValueError, "Rows 'a', 'b' hold no probabilities"),
        (
            SCORES.assign(bad=[1.1, 0.4, np.nan], fine=[-0.1, 0.6, np.nan]),
            ValueError,
            "Rows 'a' hold",
        ),
        (SCORES.assign(fine=[0.1, np.nan, np.nan]), ValueError, "Rows 'b' hold no probabilities"),
    ],
)
def test_frames_are_checked(scores, error, words):
    with pytest.raises(error, match=words):
        FrameVotes(scores)
