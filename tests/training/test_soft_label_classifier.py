"""Training on probabilities: exact, aligned by label, and a scikit-learn classifier."""

import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from weaklabel.posterior import Posterior
from weaklabel.training import HardenedLabels, SoftLabelClassifier

DIGITS = [3, 5, 8, 9]
CLASSES = ["spam", "ham", "promo"]  # not in sorting order


def soft(n_items=60, n_classes=3, seed=0):
    """Features and probabilities that depend on them, on a named index."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"item {i}" for i in range(n_items)])
    X = pd.DataFrame(rng.normal(size=(n_items, 2)), index=index, columns=["width", "height"])
    scores = X.to_numpy() @ rng.normal(size=(2, n_classes)) + rng.normal(size=(n_items, n_classes))
    y = pd.DataFrame(softmax(scores, axis=1), index=index, columns=CLASSES[:n_classes])
    return X, y


def posterior_of(frame, covered=None):
    return Posterior(
        probabilities=frame.to_numpy(),
        index=frame.index,
        classes=frame.columns,
        covered=np.ones(len(frame), bool) if covered is None else np.asarray(covered),
        log_normalizer=np.zeros(len(frame)),
    )


def logistic(**settings):
    return SoftLabelClassifier(LogisticRegression(tol=1e-10, max_iter=10_000), **settings)


# exactness


def test_logistic_regression_minimizes_the_soft_cross_entropy():
    X, y = soft()
    weights = np.random.default_rng(1).uniform(0.5, 2, len(X))
    features, q, penalty = X.to_numpy(), y.to_numpy(), 0.7

    def objective(flat):
        coef, intercept = flat[:6].reshape(3, 2), flat[6:]
        log_p = log_softmax(features @ coef.T + intercept, axis=1)
        return -(weights * (q * log_p).sum(axis=1)).sum() + penalty * (coef**2).sum() / 2

    best = minimize(objective, np.zeros(9), method="BFGS", options={"gtol": 1e-7})
    model = SoftLabelClassifier(LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=10_000))
    model.fit(X, y, sample_weight=weights)
    inner = model.estimator_
    order = [list(inner.classes_).index(name) for name in CLASSES]
    ours = np.concatenate([inner.coef_[order].ravel(), inner.intercept_[order]])
    assert objective(ours) == pytest.approx(best.fun, rel=1e-9)
    expected = softmax(features @ best.x[:6].reshape(3, 2).T + best.x[6:], axis=1)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)


def test_naive_bayes_learns_the_weighted_moments():
    X, y = soft()
    inner = SoftLabelClassifier(GaussianNB(var_smoothing=0), min_probability=0).fit(X, y).estimator_
    q = y[inner.classes_].to_numpy()
    mean = q.T @ X.to_numpy() / q.sum(axis=0)[:, None]
    np.testing.assert_allclose(inner.theta_, mean)
    np.testing.assert_allclose(inner.class_prior_, q.mean(axis=0))


def test_one_hot_probabilities_train_like_labels():
    X, y = soft()
    labels = y.idxmax(axis=1)
    one_hot = pd.get_dummies(labels, dtype=float)
    expected = LogisticRegression().fit(X, labels).coef_
    for target in (labels, one_hot):
        model = SoftLabelClassifier(LogisticRegression()).fit(X, target)
        np.testing.assert_array_equal(model.estimator_.coef_, expected)
        assert not model.hardened_


def test_doubling_a_weight_is_doubling_the_item():
    X, y = soft()
    twice = logistic().fit(pd.concat([X, X[:9]]), np.concatenate([y, y[:9]]))
    weighted = logistic().fit(X, y.to_numpy(), sample_weight=1.0 + (np.arange(len(X)) < 9))
    np.testing.assert_allclose(weighted.predict_proba(X), twice.predict_proba(X), atol=1e-6)


def test_soft_labels_beat_hardened_ones_where_doubt_is_informative():
    """On digits 3, 5, 8, 9, with a calibrated posterior whose best class is right in 55 %.

    Over ten draws the gain in accuracy is .07 with a standard error of .011; four of them are
    asked for. (Only accuracy: probabilities learned from a doubtful posterior share its doubt.)
    """
    X, digits = load_digits(return_X_y=True)
    keep = np.isin(digits, DIGITS)
    X, truth = X[keep] / 16, np.searchsorted(DIGITS, digits[keep])
    rng, gain = np.random.default_rng(0), []
    for _ in range(10):
        train, test = np.split(rng.permutation(len(X)), [300])
        q = noised(truth[train], rng)
        from_soft, from_hard = (
            SoftLabelClassifier(LogisticRegression(C=0.3), harden=harden).fit(X[train], q)
            for harden in (None, True)
        )
        assert from_soft.score(X[test], truth[test]) > 0.8
        gain.append(from_soft.score(X[test], truth[test]) - from_hard.score(X[test], truth[test]))
    assert np.mean(gain) > 4 * np.std(gain, ddof=1) / np.sqrt(len(gain))


def noised(truth, rng):
    """A calibrated posterior: given q, the truth is drawn from q."""
    q = rng.dirichlet([0.7] * 4, size=len(truth))
    # draw a class from q, then rename it and the truth into each other: Dirichlet is symmetric
    drawn = (q.cumsum(axis=1) > rng.random((len(q), 1))).argmax(axis=1)
    rows = np.arange(len(q))
    q[rows, drawn], q[rows, truth] = q[rows, truth], q[rows, drawn]
    return q


# y in all its kinds


def test_posterior_frame_and_array_train_the_same():
    X, y = soft()
    expected = logistic().fit(X, y).predict_proba(X)
    for target in (posterior_of(y), posterior_of(y).frame(), y.astype("Float64"), y.to_numpy()):
        np.testing.assert_allclose(logistic().fit(X, target).predict_proba(X), expected, atol=1e-7)


@pytest.mark.parametrize("wrap", [lambda y: y, posterior_of])
def test_y_is_aligned_by_label(wrap):
    X, y = soft()
    shuffled = y.sample(frac=1, random_state=0)
    expected = logistic().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(logistic().fit(X, wrap(shuffled)).predict_proba(X), expected)


def test_labels_weights_and_text_are_aligned_by_label():
    X, y = soft()
    labels, weights = y.idxmax(axis=1), pd.Series(np.linspace(1, 3, len(X)), X.index)
    expected = logistic().fit(X, labels, weights).predict_proba(X)
    model = logistic().fit(X, labels[::-1], weights.sample(frac=1, random_state=0))
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    text = pd.Series(["red apple", "green apple", "old car", "new car"], index=list("abcd"))
    q = pd.DataFrame({"fruit": [0.1, 0.8, 0.3, 0.9], "thing": [0.9, 0.2, 0.7, 0.1]}, list("dbca"))
    model = SoftLabelClassifier(make_pipeline(CountVectorizer(), LogisticRegression())).fit(text, q)
    assert model.predict(text).tolist() == ["fruit", "fruit", "thing", "thing"]


def test_array_features_take_a_frame_by_position():
    X, y = soft()
    expected = logistic().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(
        logistic().fit(X.to_numpy(), y).predict_proba(X.to_numpy()), expected
    )


def test_equal_indexes_may_repeat_labels():
    X, y = soft()
    once = logistic().fit(X, y).predict_proba(X)
    X.index = y.index = pd.Index(["same"] * len(X))
    np.testing.assert_array_equal(logistic().fit(X, y).predict_proba(X), once)


@pytest.mark.parametrize(
    ("classes", "inner"),
    [
        (CLASSES, CLASSES),
        ([3, 1, 2], [3, 1, 2]),
        ([3.0, 1.0, 2.0], [3.0, 1.0, 2.0]),
        ([2.5, 0.5, 1.0], [0, 1, 2]),  # no labels to scikit-learn: the estimator sees positions
        ([("a", 1), "b", 3], [0, 1, 2]),  # cannot be sorted: likewise
    ],
)
def test_classes_keep_the_order_of_the_columns(classes, inner):
    X, y = soft()
    columns = pd.Index(classes, tupleize_cols=False)
    model = logistic().fit(X, y.set_axis(columns, axis=1))
    assert model.classes_.tolist() == classes
    assert sorted(model.estimator_.classes_.tolist()) == sorted(inner)
    reference = logistic().fit(X, y.to_numpy())
    np.testing.assert_allclose(model.predict_proba(X), reference.predict_proba(X), atol=1e-6)
    expected = [classes[code] for code in reference.predict(X)]
    assert model.predict(X).tolist() == expected
    assert len(set(expected)) == 3


def test_a_class_without_items_gets_a_column_of_zeros():
    X, y = soft(n_classes=2)
    y.insert(1, "promo", 0.0)
    model = logistic().fit(X, y)
    assert model.classes_.tolist() == ["spam", "promo", "ham"]
    p = model.predict_proba(X)
    assert (p[:, 1] == 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(
        p[:, [0, 2]], logistic().fit(X, y[["spam", "ham"]]).predict_proba(X), atol=1e-7
    )


def test_categories_name_classes_that_no_item_has():
    X, y = soft(n_classes=2)
    labels = y.idxmax(axis=1).astype(pd.CategoricalDtype(["spam", "promo", "ham"]))
    model = logistic().fit(X, labels)
    assert model.classes_.tolist() == ["ham", "promo", "spam"]
    assert (model.predict_proba(X)[:, 1] == 0).all()
    mixed = pd.Categorical.from_codes(labels.cat.codes, categories=["spam", 1, "ham"])
    assert logistic().fit(X, pd.Series(mixed, X.index)).classes_.tolist() == ["spam", 1, "ham"]


def test_sparse_and_list_features():
    X, y = soft()
    expected = logistic().fit(X.to_numpy(), y).predict_proba(X.to_numpy())
    for data in (
        sparse.coo_array(X.to_numpy()),
        sparse.csr_matrix(X.to_numpy()),
        X.values.tolist(),
    ):
        np.testing.assert_allclose(logistic().fit(data, y).predict_proba(data), expected, atol=1e-6)


# items without information


def test_uninformed_items_are_left_out_and_counted():
    X, y = soft()
    covered = np.arange(len(X)) >= 20
    expected = logistic().fit(X[covered], y[covered]).predict_proba(X)
    uniform = y.where(np.tile(covered[:, None], 3), 1 / 3)
    nothing = y.where(np.tile(covered[:, None], 3))
    for target in (posterior_of(y, covered), uniform, uniform.to_numpy(), nothing):
        model = logistic().fit(X, target)
        assert model.n_left_out_ == 20
        np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-7)


def test_uninformed_items_are_kept_on_request():
    X, y = soft()
    covered = np.arange(len(X)) >= 20
    model = logistic(keep_uninformed=True).fit(X, posterior_of(y, covered))
    assert model.n_left_out_ == 0
    np.testing.assert_array_equal(model.predict_proba(X), logistic().fit(X, y).predict_proba(X))
    flat = logistic(keep_uninformed=True).fit(X, y.where(np.tile(covered[:, None], 3)))
    uniform = logistic(keep_uninformed=True).fit(X, y.where(np.tile(covered[:, None], 3), 1 / 3))
    np.testing.assert_array_equal(flat.predict_proba(X), uniform.predict_proba(X))


def test_a_covered_item_in_doubt_is_information():
    X, y = soft()
    y.iloc[:5] = 1 / 3
    assert logistic().fit(X, posterior_of(y)).n_left_out_ == 0
    assert logistic().fit(X, y).n_left_out_ == 5


def test_a_covered_item_without_numbers_says_nothing():
    X, y = soft()
    y.iloc[:5] = np.nan
    assert logistic().fit(X, posterior_of(y)).n_left_out_ == 5


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_labels_are_left_out(missing):
    X, y = soft()
    labels = y.idxmax(axis=1).astype(object)
    labels.iloc[:7] = missing
    expected = logistic().fit(X[7:], labels[7:]).predict_proba(X)
    for target in (labels, labels.astype("category"), labels.astype("string"), labels.to_numpy()):
        model = logistic().fit(X, target)
        assert model.n_left_out_ == 7
        np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-7)


def test_labels_of_a_posterior_train():
    X, y = soft()
    y.iloc[0] = [0.5, 0.5, 0.0]
    labels = posterior_of(y, np.arange(len(X)) != 1).labels()
    model = logistic().fit(X, labels)
    assert model.n_left_out_ == 2
    assert set(model.classes_) == set(CLASSES)


# estimators without sample weights


def test_hardening_warns_and_says_so():
    X, y = soft()
    model = SoftLabelClassifier(KNeighborsClassifier())
    message = (
        r"Trained on the most probable class of each of 60 items \(on average 0\.\d\d probable\): "
        "KNeighborsClassifier takes no sample_weight, .* say harden=True"
    )
    with pytest.warns(HardenedLabels, match=message):
        model.fit(X, y)
    assert model.hardened_
    expected = KNeighborsClassifier().fit(X, y.idxmax(axis=1))
    assert model.predict(X).tolist() == expected.predict(X).tolist()
    order = [list(expected.classes_).index(name) for name in CLASSES]
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X)[:, order])


def test_chosen_hardening_is_silent():
    X, y = soft()
    model = SoftLabelClassifier(LogisticRegression(), harden=True).fit(X, y)
    assert model.hardened_
    expected = LogisticRegression().fit(X, y.idxmax(axis=1))
    np.testing.assert_allclose(model.estimator_.coef_, expected.coef_)
    weighted = SoftLabelClassifier(LogisticRegression(), harden=True)
    weighted.fit(X, y, sample_weight=np.arange(len(X)))
    expected = LogisticRegression().fit(X, y.idxmax(axis=1), sample_weight=np.arange(len(X)))
    np.testing.assert_allclose(weighted.estimator_.coef_, expected.coef_, atol=1e-6)


def test_nothing_is_hardened_where_there_is_no_doubt():
    X, y = soft()
    model = SoftLabelClassifier(KNeighborsClassifier()).fit(X, y.idxmax(axis=1))
    assert not model.hardened_
    sure = pd.get_dummies(y.idxmax(axis=1), dtype=float) * (1 - 1e-9)
    assert not SoftLabelClassifier(KNeighborsClassifier()).fit(X, sure).hardened_


def test_tied_items_are_left_out_of_hardened_labels():
    X, y = soft()
    y.iloc[:4] = [0.5, 0.0, 0.5]
    model = SoftLabelClassifier(LogisticRegression(), harden=True).fit(X, y)
    assert model.n_left_out_ == 4
    expected = LogisticRegression().fit(X[4:], y[4:].idxmax(axis=1))
    np.testing.assert_allclose(model.estimator_.coef_, expected.coef_)


def test_forced_weights_reach_the_estimator():
    X, y = soft()
    with pytest.raises(TypeError, match="unexpected keyword argument 'sample_weight'"):
        SoftLabelClassifier(KNeighborsClassifier(), harden=False).fit(X, y)
    expected = logistic().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(logistic(harden=False).fit(X, y).predict_proba(X), expected)


def test_weights_decline_by_metadata_routing():
    X, y = soft()
    with sklearn.config_context(enable_metadata_routing=True):
        inner = LogisticRegression()
        assert not SoftLabelClassifier(inner).fit(X, y).hardened_
        inner.set_fit_request(sample_weight=False)
        with pytest.warns(HardenedLabels, match="LogisticRegression takes no sample_weight"):
            assert SoftLabelClassifier(inner).fit(X, y).hardened_
        outer = SoftLabelClassifier(LogisticRegression()).set_fit_request(sample_weight=True)
        weights = np.linspace(0, 1, len(X))
        scores = cross_val_score(
            outer.set_score_request(sample_weight=False),
            X.to_numpy(),
            y.to_numpy(),
            params={"sample_weight": weights},
        )
        assert scores.shape == (5,)


# pipelines


def test_the_first_steps_of_a_pipeline_see_every_item_once():
    X, y = soft()
    y.iloc[:30] = [1.0, 0.0, 0.0]  # unequal numbers of rows an item
    inside = SoftLabelClassifier(make_pipeline(StandardScaler(), LogisticRegression())).fit(X, y)
    scaler = StandardScaler().fit(X)
    np.testing.assert_allclose(inside.estimator_[0].mean_, scaler.mean_)
    around = make_pipeline(StandardScaler(), SoftLabelClassifier(LogisticRegression())).fit(X, y)
    np.testing.assert_allclose(inside.predict_proba(X), around.predict_proba(X))
    assert inside.feature_names_in_.tolist() == ["width", "height"]
    assert not inside.hardened_


def test_pipelines_in_pipelines_and_of_one_step():
    X, y = soft()
    flat = make_pipeline(StandardScaler(), LogisticRegression())
    expected = SoftLabelClassifier(flat).fit(X, y).predict_proba(X)
    nested = make_pipeline(StandardScaler(), Pipeline([("last", LogisticRegression())]))
    np.testing.assert_array_equal(SoftLabelClassifier(nested).fit(X, y).predict_proba(X), expected)


def test_a_pipeline_ending_without_weights_hardens():
    X, y = soft()
    model = SoftLabelClassifier(make_pipeline(StandardScaler(), KNeighborsClassifier()))
    with pytest.warns(HardenedLabels, match="KNeighborsClassifier takes no"):
        model.fit(X, y)


def test_a_step_may_use_the_most_probable_class():
    class Remember(TransformerMixin, BaseEstimator):
        def fit(self, X, y):
            self.y_ = y
            return self

        def transform(self, X):
            return X

    X, y = soft()
    model = SoftLabelClassifier(make_pipeline(Remember(), LogisticRegression())).fit(X, y)
    assert model.estimator_[0].y_.tolist() == y.idxmax(axis=1).tolist()


def test_a_step_that_drops_items_is_refused():
    class Half(TransformerMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def transform(self, X):
            return X[::2]

    X, y = soft()
    message = "steps of the Pipeline made 30 items of 60.*Leave out steps that resample"
    with pytest.raises(ValueError, match=message):
        SoftLabelClassifier(make_pipeline(Half(), LogisticRegression())).fit(X, y)


# scikit-learn's contract


def test_check_estimator_has_no_exceptions_with_weights():
    check_estimator(logistic(), on_skip=None)


def test_check_estimator_without_weights():
    reason = "KNeighborsClassifier takes no sample weights, so giving some is an error"
    check_estimator(
        SoftLabelClassifier(KNeighborsClassifier()),
        expected_failed_checks=dict.fromkeys(
            [
                "check_sample_weights_list",
                "check_sample_weights_not_overwritten",
                "check_sample_weight_equivalence_on_dense_data",
                "check_sample_weight_equivalence_on_sparse_data",
            ],
            reason,
        ),
        on_skip=None,
        on_fail="raise",
    )


def test_parameters_reach_the_estimator():
    model = logistic().set_params(estimator__C=5, min_probability=0.01)
    copy = clone(model)
    assert copy.get_params()["estimator__C"] == 5
    assert copy.min_probability == 0.01
    X, y = soft()
    fitted = copy.fit(X, y)
    assert fitted is copy
    assert not hasattr(copy.estimator, "coef_")
    assert copy.n_features_in_ == 2
    assert copy.feature_names_in_.tolist() == ["width", "height"]
    assert not hasattr(copy.fit(X.to_numpy(), y.to_numpy()), "feature_names_in_")


def test_refitting_that_fails_leaves_the_old_state():
    X, y = soft()
    model = logistic().fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.fit(X * np.nan, y[::-1])
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_unfitted_says_so():
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            getattr(logistic(), method)(np.zeros((1, 2)))


def test_methods_are_those_of_the_estimator():
    assert not hasattr(SoftLabelClassifier(LinearSVC()), "predict_proba")
    assert hasattr(SoftLabelClassifier(LinearSVC()), "decision_function")
    assert not hasattr(SoftLabelClassifier(KNeighborsClassifier()), "decision_function")


def test_cross_validation_with_hard_labels():
    X, y = soft()
    labels = y.idxmax(axis=1)
    p = cross_val_predict(logistic(), X, labels, method="predict_proba", cv=3)
    expected = cross_val_predict(
        LogisticRegression(tol=1e-10, max_iter=10_000), X, labels, method="predict_proba", cv=3
    )
    np.testing.assert_allclose(p, expected)
    search = GridSearchCV(logistic(), {"estimator__C": [0.1, 1.0]}, scoring="neg_log_loss", cv=3)
    assert search.fit(X, labels).best_params_["estimator__C"] in {0.1, 1.0}


def test_cross_validation_with_a_frame_of_probabilities():
    X, y = soft()
    labels = cross_val_predict(logistic(), X, y, cv=KFold(3))
    assert (labels == y.idxmax(axis=1)).mean() > 0.5
    search = GridSearchCV(logistic(), {"estimator__C": [0.01, 1.0]}, cv=3).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def log_score(model, X, y):
        return float((y[model.classes_] * np.log(model.predict_proba(X))).sum(axis=1).mean())

    scores = cross_val_score(logistic(), X, y, scoring=log_score, cv=KFold(3))
    assert (scores > -np.log(3)).all()
    pipeline = make_pipeline(StandardScaler(), logistic())
    assert GridSearchCV(pipeline, {"softlabelclassifier__estimator__C": [1.0]}).fit(X, y)


def test_cross_validated_probabilities_need_labels():
    X, y = soft()
    with pytest.raises(ValueError, match=r"cross_val_predict\(method='predict_proba'\) also"):
        cross_val_predict(logistic(), X, y, method="predict_proba", cv=KFold(3))


def test_scorers_by_name_where_classes_are_declared_in_sorting_order():
    X, y = soft(n_classes=2)
    model = logistic().fit(X, y[["ham", "spam"]])
    labels = y.idxmax(axis=1)
    expected = roc_auc_score(labels == "spam", model.predict_proba(X)[:, 1])
    assert get_scorer("roc_auc")(model, X, labels) == pytest.approx(expected)
    assert expected > 0.5


def test_pipeline_takes_a_posterior():
    X, y = soft()
    model = make_pipeline(StandardScaler(), logistic()).fit(X, posterior_of(y))
    assert model.score(X, posterior_of(y)) == pytest.approx(model.score(X, y))


# decisions and scores


def test_decisions_follow_the_order_of_classes():
    X, y = soft()
    inner = LinearSVC().fit(X, y.idxmax(axis=1))
    model = SoftLabelClassifier(LinearSVC()).fit(X, y.idxmax(axis=1))
    np.testing.assert_array_equal(model.decision_function(X), inner.decision_function(X))
    turned = logistic().fit(X, y)
    decision = turned.decision_function(X)
    np.testing.assert_allclose(softmax(decision, axis=1), turned.predict_proba(X))


def test_decisions_of_two_classes_are_positive_for_the_second():
    X, y = soft(n_classes=2)  # spam, ham: the estimator sorts them the other way round
    model = logistic().fit(X, y)
    chosen = model.classes_[(model.decision_function(X) > 0).astype(int)]
    assert chosen.tolist() == model.predict(X).tolist()
    assert set(chosen) == {"spam", "ham"}


def test_an_absent_class_is_never_decided_for():
    X, y = soft(n_classes=2)
    y.insert(1, "promo", 0.0)
    decision = logistic().fit(X, y).decision_function(X)
    assert decision.shape == (60, 3)
    assert np.isneginf(decision[:, 1]).all()
    present = logistic().fit(X, y[["spam", "ham"]]).decision_function(X)
    np.testing.assert_allclose(decision[:, 2] - decision[:, 0], 2 * present)


def test_pairwise_decisions_are_refused_where_classes_must_move():
    X, y = soft(n_items=80)
    y.insert(0, "zzz", np.r_[np.zeros(40), np.ones(40)])
    y.iloc[40:, 1:] = 0
    model = SoftLabelClassifier(SVC(decision_function_shape="ovo")).fit(X, y)
    with pytest.raises(ValueError, match=r"SVC gives 6 columns for 4 classes.*'ovr'"):
        model.decision_function(X)


def test_score_is_the_accuracy_in_expectation():
    X, y = soft()
    model = logistic().fit(X, y)
    predicted = model.predict(X)
    believed = np.array([y.loc[item, name] for item, name in zip(X.index, predicted, strict=True)])
    assert model.score(X, y) == pytest.approx(believed.mean())
    assert model.score(X, y[CLASSES[::-1]].sample(frac=1, random_state=0)) == pytest.approx(
        believed.mean()
    )
    labels = y.idxmax(axis=1)
    assert model.score(X, labels) == pytest.approx((predicted == labels).mean())
    weights = np.arange(60)
    expected = np.average(predicted == labels, weights=weights)
    assert model.score(X, labels, weights) == pytest.approx(expected)
    assert model.score(X, labels.replace("ham", "unheard of")) == pytest.approx(
        (predicted == labels.replace("ham", "")).mean()
    )
    labels.iloc[:10] = None
    assert model.score(X, labels) == pytest.approx((predicted == labels)[10:].mean())


# errors


def test_only_classifiers_learn_probabilities():
    X, y = soft()
    with pytest.raises(TypeError, match=r"LinearRegression is no classifier.*Give a classifier"):
        SoftLabelClassifier(LinearRegression()).fit(X, y)


def test_weights_for_an_estimator_without_weights():
    X, y = soft()
    model = SoftLabelClassifier(KNeighborsClassifier())
    with pytest.raises(
        TypeError, match="KNeighborsClassifier takes no sample_weight, so it cannot"
    ):
        model.fit(X, y.idxmax(axis=1), sample_weight=np.arange(60))


def test_every_item_tied():
    X, y = soft()
    y[:] = [0.5, 0.5, 0.0]
    with pytest.raises(ValueError, match="All 60 items have several most probable classes"):
        SoftLabelClassifier(LogisticRegression(), harden=True).fit(X, y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda y: y.drop(["item 3", "item 5"]),
            "y lacks 2 items of X: 'item 3', 'item 5'. .* never by position",
        ),
        (
            lambda y: pd.concat([y, y[:4].rename("other {}".format)]),
            "y has 4 items that X lacks: .* and 1 more. Probably X was filtered",
        ),
        (
            lambda y: pd.concat([y, y[:2]]),
            "y has 2 index labels more than once: 'item 0', 'item 1'. .* ambiguous",
        ),
        (lambda y: y.to_numpy()[:-1], "inconsistent numbers of samples"),
        (
            lambda y: y.set_axis(["spam", "ham", "spam"], axis=1),
            "y has 1 classes in several columns: 'spam'. Probably two frames were joined",
        ),
        (lambda y: y.astype(str) + "!", "y has 3 columns, and not all hold numbers"),
        (
            lambda y: y * np.where(np.arange(60) < 4, 2, 1)[:, None],
            "y has 4 rows that are no probabilities .*: 'item 0', 'item 1', 'item 2' and 1 more",
        ),
        (lambda y: y + np.array([-1, 1, 0]), "y has 60 rows that are no probabilities"),
        (
            lambda y: y.mask(y == y.iloc[1, 1]),
            "y has 1 rows that are no probabilities .*: 'item 1'",
        ),
        (
            lambda y: y * np.nan,
            "y says nothing about any of the 60 items: 'item 0', .* and 57 more",
        ),
        (lambda y: [None] * 60, "y names no class: all 60 labels are missing"),
        (lambda y: y["ham"], "Unknown label type: continuous"),
        (lambda y: None, "requires y to be passed, but the target y is None"),
    ],
)
def test_bad_y_is_refused_by_name(change, message):
    X, y = soft()
    with pytest.raises(ValueError, match=message):
        logistic().fit(X, change(y))


def test_repeated_items_are_refused():
    X, y = soft()
    with pytest.raises(ValueError, match="X has 1 index labels more than once: 'item 0'"):
        logistic().fit(pd.concat([X, X[:1]]), y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((60, 2)), "Sample weights must be 1D array or scalar, got 2D array"),
        (
            np.r_[-1, np.nan, np.inf, np.ones(57)],
            "missing or infinite for 3 items: 'item 0', 'item",
        ),
        (np.zeros(60), "have a sample weight of zero, among them 'item 0'"),
        (np.ones(59), "inconsistent numbers of samples"),
        (pd.Series(1.0, range(60)), "sample_weight lacks 60 items of X: 'item 0'"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    X, y = soft()
    with pytest.raises(ValueError, match=message):
        logistic().fit(X, y, weights)


def test_score_needs_something_known():
    X, y = soft()
    with pytest.raises(ValueError, match="y says nothing about any"):
        logistic().fit(X, y).score(X, y * np.nan)


def test_a_column_of_labels_is_read_with_a_warning():
    X, y = soft()
    expected = logistic().fit(X, y.idxmax(axis=1)).predict_proba(X)
    for column in (y.idxmax(axis=1).to_frame(), y.idxmax(axis=1).to_numpy()[:, None]):
        with pytest.warns(DataConversionWarning, match=re.escape("Its one column is read as")):
            model = logistic().fit(X, column)
        np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_weights_reach_estimators_without_probabilities():
    X, y = soft()
    model = SoftLabelClassifier(RidgeClassifier()).fit(X, y)
    assert not model.hardened_
    assert (model.predict(X) == y.idxmax(axis=1)).mean() > 0.5
