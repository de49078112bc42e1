"""Training by gradient descent: towards the optimum, reproducible, and alone."""

import importlib
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from weaklabel._progress import progress_bar
from weaklabel.posterior import Posterior
from weaklabel.training import SoftLabelClassifier, TorchClassifier

torch = pytest.importorskip("torch", reason="TorchClassifier needs the torch extra")

CLASSES = ["spam", "ham", "promo"]  # not in sorting order


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Tensors this small only wait for each other, most of all beside other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def soft(n_items=60, seed=0):
    """Features and probabilities that depend on them, on a named index."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"item {i}" for i in range(n_items)])
    X = pd.DataFrame(rng.normal(size=(n_items, 2)), index=index, columns=["width", "height"])
    scores = X.to_numpy() @ rng.normal(size=(2, 3)) + rng.normal(size=(n_items, 3))
    return X, pd.DataFrame(softmax(scores, axis=1), index=index, columns=CLASSES)


def classifier(module=None, **settings):
    return TorchClassifier(
        module, **({"device": "cpu", "epochs": 20, "random_state": 0} | settings)
    )


def weights_of(model):
    return np.concatenate([p.detach().cpu().numpy().ravel() for p in model.module_.parameters()])


# what is learned


def optimum(X, y, weights=None):
    """Probabilities that minimize the soft cross-entropy, by a solver of second order."""
    model = SoftLabelClassifier(LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000))
    return model.fit(X, y, weights).predict_proba(X)


def test_the_linear_model_reaches_the_optimum():
    X, y = soft()
    weights = np.random.default_rng(1).uniform(0, 3, len(X))
    model = classifier(epochs=800, batch_size=60).fit(X, y, weights)
    np.testing.assert_allclose(model.predict_proba(X), optimum(X, y, weights), atol=1e-5)


def test_weights_count_in_small_batches():
    X, y = soft()
    weights = np.random.default_rng(1).uniform(0, 3, len(X))
    p = classifier(epochs=200, batch_size=20).fit(X, y, weights).predict_proba(X)
    off = np.abs(p - optimum(X, y, weights)).mean()
    assert off < np.abs(p - optimum(X, y)).mean() / 10


def test_a_network_learns_digits_from_soft_labels():
    X, digits = load_digits(return_X_y=True)
    X = X / 16
    rng = np.random.default_rng(0)
    q = rng.dirichlet([0.2] * 10, size=len(X))
    drawn = (q.cumsum(axis=1) > rng.random((len(q), 1))).argmax(axis=1)
    rows = np.arange(len(q))
    q[rows, drawn], q[rows, digits] = q[rows, digits], q[rows, drawn]
    assert 0.5 < (q.argmax(axis=1) == digits).mean() < 0.8
    train, test = rows[:1200], rows[1200:]
    model = classifier(hidden=(32,), epochs=100).fit(X[train], q[train])
    assert model.score(X[test], digits[test]) > 0.85
    assert model.converged_
    assert model.n_iter_ < 100


def test_early_stopping_keeps_the_best_weights():
    X, y = soft(150)
    model = classifier(hidden=(64,), epochs=500, patience=5, validation_share=0.3).fit(X, y)
    trace = model.held_out_trace_
    assert model.converged_
    assert model.n_iter_ == len(trace) == len(model.loss_trace_)
    assert trace.argmin() < len(trace) - 1
    held_out = np.random.default_rng(0).permutation(150)[:45]
    p = model.predict_proba(X.iloc[held_out])
    loss = -(y.iloc[held_out].to_numpy() * np.log(p)).sum(axis=1).mean()
    assert loss == pytest.approx(trace.min(), abs=2e-4)  # within tol
    assert loss < trace[-1]


def test_without_held_out_items_all_epochs_are_used():
    X, y = soft()
    for settings in ({}, {"validation_share": 0.0}):  # 6 of 60 items are too few to judge
        model = classifier(**settings).fit(X, y)
        assert model.n_iter_ == 20
        assert len(model.held_out_trace_) == 0
        assert not model.converged_
        assert model.loss_trace_[-1] < model.loss_trace_[0]


def test_without_patience_the_best_weights_are_kept_at_the_end():
    X, y = soft(150)
    model = classifier(hidden=(64,), epochs=60, patience=None, learning_rate=0.05).fit(X, y)
    assert model.n_iter_ == len(model.held_out_trace_) == 60
    assert not model.converged_
    held_out = np.random.default_rng(0).permutation(150)[:15]
    p = model.predict_proba(X.iloc[held_out])
    loss = -(y.iloc[held_out].to_numpy() * np.log(p)).sum(axis=1).mean()
    assert loss == pytest.approx(model.held_out_trace_.min(), abs=2e-4)


def test_epochs_that_do_not_suffice_warn():
    X, y = soft(150)
    message = r"still falling after 3 epochs \(from 1\.\d+ in the first to .*Raise epochs"
    with pytest.warns(ConvergenceWarning, match=message):
        classifier(epochs=3, learning_rate=0.001).fit(X, y)


# y in all its kinds


def test_every_kind_of_y_gives_the_same_weights():
    X, y = soft()
    posterior = Posterior(
        probabilities=y.to_numpy(),
        index=y.index,
        classes=y.columns,
        covered=np.ones(60, bool),
        log_normalizer=np.zeros(60),
    )
    expected = weights_of(classifier().fit(X, y))
    for target in (posterior, y.sample(frac=1, random_state=1), y.to_numpy()):
        np.testing.assert_array_equal(weights_of(classifier().fit(X, target)), expected)
    labels = y.idxmax(axis=1)
    one_hot = pd.get_dummies(labels, dtype=float)
    from_labels = classifier().fit(X, labels)
    assert from_labels.classes_.tolist() == sorted(CLASSES)
    np.testing.assert_array_equal(weights_of(classifier().fit(X, one_hot)), weights_of(from_labels))


def test_uninformed_items_and_absent_classes():
    X, y = soft()
    y["never"] = 0.0
    y.iloc[:10] = 0.25
    model = classifier().fit(X, y)
    assert model.n_left_out_ == 10
    expected = weights_of(classifier().fit(X[10:], y[10:]))
    np.testing.assert_array_equal(weights_of(model), expected)
    assert model.predict_proba(X).shape == (60, 4)
    assert "never" not in model.predict(X)
    assert classifier(keep_uninformed=True).fit(X, y).n_left_out_ == 0


def test_score_is_the_accuracy_in_expectation():
    X, y = soft()
    model = classifier().fit(X, y)
    believed = [y.loc[item, name] for item, name in zip(X.index, model.predict(X), strict=True)]
    assert model.score(X, y) == pytest.approx(np.mean(believed))


# modules of one's own


def test_a_module_is_copied_and_trained_from_its_weights():
    X, y = soft()
    own = torch.nn.Linear(2, 3)
    before = [p.detach().clone() for p in own.parameters()]
    model = classifier(own, epochs=1, learning_rate=1e-6).fit(X, y)
    assert all(torch.equal(p, q) for p, q in zip(own.parameters(), before, strict=True))
    start = np.concatenate([p.numpy().ravel() for p in before])
    np.testing.assert_allclose(weights_of(model), start, atol=1e-5)
    assert not np.array_equal(weights_of(model), start)


def test_a_factory_is_told_the_sizes():
    def network(n_features, n_classes):
        return torch.nn.Sequential(
            torch.nn.BatchNorm1d(n_features),
            torch.nn.Dropout(0.2),
            torch.nn.Linear(n_features, n_classes),
        ).double()

    X, y = soft(65)  # a batch of one item would break batch normalization
    first = classifier(network, validation_share=0).fit(X, y)
    again = classifier(network, validation_share=0).fit(X, y)
    np.testing.assert_array_equal(weights_of(first), weights_of(again))
    assert next(first.module_.parameters()).dtype == torch.float64
    assert not first.module_.training
    np.testing.assert_array_equal(first.predict_proba(X), first.predict_proba(X))


def test_modules_take_arrays_of_any_dimension():
    X, digits = load_digits(n_class=3, return_X_y=True)
    images = X.reshape(-1, 1, 8, 8) / 16
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 3)
    )
    model = classifier(network, patience=None).fit(images, digits)
    assert model.score(images, digits) > 0.9
    with pytest.raises(ValueError, match="Found array with dim 4"):
        classifier().fit(images, digits)


def test_hidden_layers():
    X, y = soft()
    model = classifier(hidden=(5, 4), epochs=1).fit(X, y)
    shapes = [tuple(p.shape) for p in model.module_.parameters()]
    assert shapes == [(5, 2), (5,), (4, 5), (4,), (3, 4), (3,)]
    assert sum(isinstance(layer, torch.nn.ReLU) for layer in model.module_) == 2


# randomness


def test_the_same_seed_gives_the_same_weights():
    X, y = soft()
    first = weights_of(classifier(hidden=(8,)).fit(X, y))
    torch.manual_seed(7)
    np.testing.assert_array_equal(weights_of(classifier(hidden=(8,)).fit(X, y)), first)
    other = weights_of(classifier(hidden=(8,), random_state=1).fit(X, y))
    assert not np.array_equal(other, first)
    generators = (classifier(random_state=np.random.default_rng(3)).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(*map(weights_of, generators))


def test_global_random_state_is_left_alone():
    X, y = soft()
    torch.manual_seed(5)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    network = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(2, 3))
    torch.set_rng_state(before)
    for module in (network, None, torch.nn.Linear):
        classifier(module).fit(X, y).predict(X)
        assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(ValueError, match="output of shape"):
        classifier(lambda n, k: torch.nn.Linear(n, 7)).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)


# scikit-learn's contract


@pytest.mark.filterwarnings("ignore:The loss of held-out items was still falling")
def test_check_estimator():
    check_estimator(
        classifier(epochs=50),
        expected_failed_checks={
            "check_sample_weight_equivalence_on_dense_data": (
                "a repeated item may fall into two batches, an item of weight two into one; and "
                "training is in single precision"
            )
        },
        on_skip=None,
        on_fail="raise",
    )


def test_parameters_and_clones():
    network = torch.nn.Linear(2, 3)
    model = TorchClassifier(network, hidden=(3,), patience=None)
    copy = clone(model)
    assert copy.module is not network
    assert copy.get_params()["hidden"] == (3,)
    assert not hasattr(clone(classifier().fit(*soft())), "module_")


def test_inside_pipelines_and_searches():
    X, y = soft()
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=3))
    assert pipeline.fit(X, y).predict_proba(X).shape == (60, 3)
    assert cross_val_predict(pipeline, X, y, cv=KFold(2)).shape == (60,)
    labels = y.idxmax(axis=1)
    p = cross_val_predict(pipeline, X, labels, cv=2, method="predict_proba")
    np.testing.assert_allclose(p.sum(axis=1), 1)
    search = GridSearchCV(classifier(epochs=3), {"hidden": [(), (4,)]}, cv=2).fit(X, y)
    assert search.best_params_["hidden"] in {(), (4,)}


def test_features_are_named_and_counted():
    X, y = soft()
    model = classifier(epochs=1).fit(X, y)
    assert model.feature_names_in_.tolist() == ["width", "height"]
    assert model.n_features_in_ == 2
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X.rename(columns={"width": "depth"}))


def test_unfitted_says_so():
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            getattr(TorchClassifier(), method)(np.zeros((1, 2)))


# errors


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs=0 is out of range: it must be at least 1"),
        ({"batch_size": 0}, "batch_size=0 is out of range"),
        ({"learning_rate": float("nan")}, "learning_rate=nan is out of range"),
        ({"weight_decay": -1}, "weight_decay=-1 is out of range"),
        ({"tol": -1}, "tol=-1 is out of range"),
        ({"validation_share": 50}, "validation_share=50 is out of range.*Give a share"),
        ({"validation_share": 1.0}, "less than 1"),
        (
            {"learning_rate": 1e30, "hidden": (8, 8)},
            r"loss became (nan|inf) in epoch \d+. Probably learning_rate=1e\+30",
        ),
        (
            {"module": lambda n, k: torch.nn.Linear(n, 7)},
            r"output of shape \(1, 7\) for one item, and there are 3 classes. .* 3 logits an item",
        ),
    ],
)
def test_settings_that_cannot_work(settings, message):
    with pytest.raises(ValueError, match=message):
        classifier(**settings).fit(*soft())


def test_bad_y_is_refused_by_name():
    X, y = soft()
    with pytest.raises(ValueError, match="y lacks 1 items of X: 'item 4'"):
        classifier().fit(X, y.drop("item 4"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_a_device_is_refused():
    with pytest.raises(ValueError, match="device='cuda', but torch finds no CUDA device"):
        classifier(device="cuda").fit(*soft())


def test_auto_finds_a_device():
    found = "cuda" if torch.cuda.is_available() else "cpu"
    model = classifier(device="auto", epochs=1).fit(*soft())
    assert next(model.module_.parameters()).device.type == found


def test_mixed_precision_learns_the_same_but_for_rounding():
    X, y = soft(n_items=200)
    usual, mixed = (
        classifier(hidden=(8,), epochs=30, mixed_precision=way).fit(X, y) for way in (False, True)
    )
    assert not np.array_equal(weights_of(usual), weights_of(mixed))
    assert {p.dtype for p in mixed.module_.parameters()} == {torch.float32}
    np.testing.assert_allclose(mixed.predict_proba(X), usual.predict_proba(X), atol=0.03)


@pytest.mark.parametrize("library", ["torch", "array_api_strict"])
def test_arrays_of_other_libraries_are_handed_over(library):
    X, y = soft()
    array = X.to_numpy().astype(np.float32)
    there = importlib.import_module(library).asarray(array)
    model, expected = (classifier().fit(each, y.to_numpy()) for each in (there, array))
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(model.predict_proba(there), expected.predict_proba(array))
    np.testing.assert_array_equal(model.predict_proba(array), expected.predict_proba(array))


def test_handing_over_copies_nothing():
    from weaklabel.training import _torch_loop

    tensor = torch.zeros((3, 2))
    assert _torch_loop.handed_over(tensor).data_ptr() == tensor.data_ptr()
    assert _torch_loop.handed_over(np.zeros((3, 2))) is None


def test_arrays_that_are_handed_over_are_checked():
    _, y = soft(n_items=3)
    with pytest.raises(ValueError, match="X has 1 dimension; give one row an item"):
        classifier().fit(torch.zeros(3), y.to_numpy())
    with pytest.raises(ValueError, match="X has numbers that are missing or infinite"):
        classifier().fit(torch.full((3, 2), torch.nan), y.to_numpy())
    model = classifier().fit(torch.zeros((3, 2)), y.to_numpy())
    with pytest.raises(ValueError, match="X has 5 features, but TorchClassifier is expecting 2"):
        model.predict_proba(torch.zeros((3, 5)))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_training_on_cuda_agrees_and_leaves_its_random_state_alone():
    X, y = soft()
    torch.cuda.manual_seed(3)
    before = torch.cuda.get_rng_state()
    model = classifier(device="cuda").fit(X, y)
    assert torch.equal(torch.cuda.get_rng_state(), before)
    expected = classifier().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-4)


def run(code):
    """Run code in an interpreter that has imported nothing yet."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_importing_loads_no_torch():
    run("""
        import sys
        import weaklabel, weaklabel.training
        from weaklabel.training import TorchClassifier
        repr(TorchClassifier())
        assert "torch" not in sys.modules
        assert "tqdm" not in sys.modules
    """)


def test_missing_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "weaklabel\[torch\]"'):
        TorchClassifier().fit(*soft())


# progress


def test_progress_is_shown_to_people_only(capsys, monkeypatch):
    X, y = soft()
    classifier().fit(X, y)
    assert capsys.readouterr().err == ""
    classifier(progress=True).fit(X, y)
    assert "TorchClassifier" in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert not progress_bar(None, 3, "words").disable
    assert progress_bar(False, 3, "words").disable


def test_progress_is_shown_in_notebooks(monkeypatch):
    class ZMQInteractiveShell:
        pass

    class IPython:
        get_ipython = staticmethod(ZMQInteractiveShell)

    assert progress_bar(None, 3, "words").disable
    monkeypatch.setitem(sys.modules, "IPython", IPython)
    monkeypatch.setattr("weaklabel._progress.find_spec", lambda name: None)  # a text bar
    assert not progress_bar(None, 3, "words").disable
