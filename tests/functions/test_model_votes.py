import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from weaklabel.functions import LabelingFunctionError, ModelVotes, apply

FRAME = pd.DataFrame(
    {"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0], "text": ["x y", "x", "y z", "z"]},
    index=[7, 3, 5, 1],
)


def fitted(target=("ham", "ham", "spam", "spam"), columns=("a", "b")):
    return LogisticRegression().fit(FRAME[list(columns)], target)


def test_probabilities_become_soft_votes():
    model = fitted()
    votes = apply([ModelVotes(model)], FRAME, cache=False)["logistic_regression_votes"]
    assert votes.index.tolist() == [7, 3, 5, 1]
    expected = model.predict_proba(FRAME[["a", "b"]])
    np.testing.assert_array_equal([[vote["ham"], vote["spam"]] for vote in votes], expected)


def test_below_the_confidence_it_abstains():
    model = fitted()
    most = model.predict_proba(FRAME[["a", "b"]]).max(axis=1)
    bar = np.sort(most)[2]
    votes = apply([ModelVotes(model, min_confidence=bar)], FRAME, cache=False).iloc[:, 0]
    assert votes.notna().tolist() == (most >= bar).tolist()


def test_codes_of_a_model_become_the_declared_classes():
    votes = apply([ModelVotes(fitted([0, 0, 1, 1]), name="m")], FRAME, classes=["ham", "spam"])["m"]
    assert list(votes.iloc[0]) == ["ham", "spam"]
    assert all(type(p) is float for p in votes.iloc[0].values())


def test_a_text_pipeline_gets_one_column():
    model = make_pipeline(CountVectorizer(token_pattern=r"\w+"), LogisticRegression())
    model.fit(FRAME["text"], ["ham", "ham", "spam", "spam"])
    function = ModelVotes(model, columns="text")
    assert function.name == "logistic_regression_votes"
    assert list(function(FRAME).iloc[0]) == ["ham", "spam"]


def test_a_model_fitted_on_an_array_gets_one():
    model = LogisticRegression().fit(FRAME[["a"]].to_numpy(), [0, 0, 1, 1])
    assert ModelVotes(model)(FRAME[["a"]]).notna().all()
    assert ModelVotes(model, columns=["a"])(FRAME).notna().all()


def test_an_empty_frame_needs_no_model():
    assert ModelVotes(fitted())(FRAME.head(0)).empty


@pytest.mark.parametrize("model", [LogisticRegression(), LinearSVC().fit([[0], [1]], [0, 1]), "x"])
def test_a_model_must_be_fitted_and_give_probabilities(model):
    with pytest.raises(TypeError, match=r"has no predict_proba or no classes_. Probably it is not"):
        ModelVotes(model)


def test_errors_name_columns_classes_and_confidence():
    with pytest.raises(
        LabelingFunctionError, match=r"lacks \['b'\], which the model was fitted on"
    ):
        apply([ModelVotes(fitted())], FRAME[["a"]])
    with pytest.raises(
        ValueError, match=r"min_confidence=2 is no probability. Give a number from 0"
    ):
        ModelVotes(fitted(), min_confidence=2)
    with pytest.raises(
        ValueError, match=r"returned \{'ham': .* for item 7 and 3 more\. The classes"
    ):
        apply([ModelVotes(fitted())], FRAME, classes=["a", "b"])


class Broken:
    classes_ = ("a", "b")

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.7)


def test_probabilities_are_checked():
    with pytest.raises(
        LabelingFunctionError, match="Rows 7, 3, 5 and 1 more hold no probabilities"
    ):
        apply([ModelVotes(Broken())], FRAME)
