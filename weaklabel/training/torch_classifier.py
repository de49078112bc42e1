"""TorchClassifier: a linear model, a small network or your own module, trained on probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from weaklabel._check import generator
from weaklabel._progress import progress_bar
from weaklabel.training._end_model import EndModel, Lesson

FEWEST_HELD_OUT = 10  # the loss of fewer items is mostly chance, and would stop training by chance


class TorchClassifier(EndModel):
    r"""Train a network on class probabilities by gradient descent (needs the ``torch`` extra).

    Minimizes the soft cross-entropy :math:`-\sum_i w_i \sum_y q_{iy} \log p_y(x_i)` with AdamW,
    and stops when it no longer falls on items held out from training. Those are judged by their
    soft labels too: no gold label is used. Features are taken as they are; put a
    ``StandardScaler`` before.

    Parameters
    ----------
    module : torch.nn.Module or callable, optional
        What turns features into one logit a class. A module is copied, and trained from the
        weights it has; a callable is given n_features and n_classes and returns a module. None
        makes fully connected layers as `hidden` says.
    hidden : sequence of int, default=()
        Widths of the layers between features and logits, with ReLU between them; none is
        multinomial logistic regression. Ignored where `module` is given.
    epochs : int, default=200
        Largest number of passes over the items.
    batch_size : int, default=64
        Largest number of items a step.
    learning_rate : float, default=0.01
        Step size of AdamW.
    weight_decay : float, default=0.0
        Share of the weights taken off, times the learning rate, in every step.
    patience : int, optional
        Epochs without a better held-out loss after which training stops. None always trains for
        all `epochs`, and still keeps the best weights. Default 10.
    tol : float, default=1e-4
        A held-out loss is better if it is lower by more than this, in nats.
    validation_share : float, default=0.1
        Share of the items to hold out. Where that is less than ten items, nothing is held out:
        training goes on for all `epochs`, and keeps the last weights.
    keep_uninformed : bool, default=False
        Train on items that `y` says nothing about, too: those that a posterior does not cover,
        uniform or all-missing rows of probabilities, missing labels.
    mixed_precision : bool, default=False
        Let the module compute in bfloat16 while it trains, and keep weights, loss and predictions
        in single precision; for large networks on a GPU.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...; ``"auto"`` is CUDA where there is a GPU. All
        items that training uses are moved there.
    progress : bool, optional
        Show a progress bar. None shows it on a terminal or in a notebook.
    random_state : int, Generator, RandomState or None
        Chooses the held-out items, first weights, order and dropout; torch's global random state
        is left alone. None draws fresh entropy.

    Attributes
    ----------
    classes_ : array, n_classes
        Names of the classes in the order of the posterior (or of the columns of `y`); of hard
        labels, sorted.
    module_ : torch.nn.Module
        The trained module, in evaluation mode, on the device it was trained on.
    n_iter_ : int
        Number of epochs.
    loss_trace_ : array, n_iter_
        Mean loss of the training items during each epoch, in nats.
    held_out_trace_ : array, n_iter_ or 0
        Loss of the held-out items after each epoch, in nats; empty if none were.
    converged_ : bool
        True if training stopped because the held-out loss no longer fell.
    n_left_out_ : int
        Number of items that training left out because `y` says nothing about them.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : array, n_features_in_
        Names of the features, where X was a frame whose columns have string names.

    Warns
    -----
    ConvergenceWarning
        If the held-out loss was still falling when the epochs were used up.

    See Also
    --------
    SoftLabelClassifier : Trains any scikit-learn classifier on probabilities.

    Notes
    -----
    Features on a GPU, of CuPy or torch, stay there: they are handed over by DLPack, not copied
    through the host. On a CPU the same `random_state` gives the same weights; on a GPU, up to
    operations that CUDA itself does not repeat exactly. Only ratios of sample weights matter.
    Classes are in the order of the posterior; some of scikit-learn's binary scorers need sorting
    order (see `SoftLabelClassifier`, which also tells how to cross-validate).

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"refunds": [-1.0, -0.5, 0.0, 1.0]}, index=["a", "b", "c", "d"])
    >>> y = pd.DataFrame(
    ...     {"fine": [0.1, 0.9, 0.5, 0.8], "bad": [0.9, 0.1, 0.5, 0.2]}, index=["d", "a", "c", "b"]
    ... )
    >>> model = TorchClassifier(random_state=0).fit(X, y)
    >>> model.predict(X).tolist()
    ['fine', 'fine', 'fine', 'bad']
    """

    def __init__(
        self,
        module: Any = None,
        *,
        hidden: Sequence[int] = (),
        epochs: int = 200,
        batch_size: int = 64,
        learning_rate: float = 0.01,
        weight_decay: float = 0.0,
        patience: int | None = 10,
        tol: float = 1e-4,
        validation_share: float = 0.1,
        keep_uninformed: bool = False,
        mixed_precision: bool = False,
        device: str = "auto",
        progress: bool | None = None,
        random_state: Any = None,
    ) -> None:
        self.module = module
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.tol = tol
        self.validation_share = validation_share
        self.keep_uninformed = keep_uninformed
        self.mixed_precision = mixed_precision
        self.device = device
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TorchClassifier:
        """Train on probabilities or labels.

        Parameters
        ----------
        X : frame or array of numbers, n_items x n_features
            Features; arrays of NumPy, CuPy or torch. With a `module` of your own, of more
            dimensions, too.
        y : Posterior, DataFrame or array of probabilities, or labels
            What is known of the classes. A Posterior, DataFrame or Series is aligned with a frame
            X by index label, never by position. Columns of a DataFrame are named by class; those
            of an array are the classes 0, 1, ... Labels that are missing (NaN, None) say nothing.
        sample_weight : array or Series, n_items, optional
            How much each item counts. None is 1 for all.

        Returns
        -------
        TorchClassifier
            Itself.

        Raises
        ------
        ImportError
            If torch is not installed; names the extra that holds it.
        ValueError
            If a setting is out of range, `y` and X are not about the same items (names them), `y`
            holds no probabilities, no item is left, the module gives other than one logit a
            class, or the loss diverges.
        """
        loop = _loop()
        self._check_settings()
        lesson = self._lesson(X, y, sample_weight)
        features = loop.handed_over(lesson.X)
        if features is None:
            features = check_array(
                lesson.X,
                dtype="float32",
                allow_nd=self.module is not None,
                estimator=self,
                input_name="X",
            )
        rng, device = generator(self.random_state), loop.choose_device(self.device)
        training, held_out = self._split(lesson, rng)
        n_classes = len(lesson.targets.classes)
        with loop.own_randomness(int(rng.integers(2**63)), device):
            module = loop.build(self.module, self.hidden, features.shape[1], n_classes).to(device)
            data, judges = (
                loop.to_batch(module, features, items, lesson.targets.probabilities, lesson.weights)
                if len(items)
                else None
                for items in (training, held_out)
            )
            loop.check_outputs(module, data)
            with progress_bar(self.progress, self.epochs, type(self).__name__) as bar:
                history = loop.train(module, data, judges, self._schedule(loop), bar)
        self._warn_unfinished(history)

        validate_data(self, lesson.X, skip_check_array=True)  # n_features_in_, feature_names_in_
        self.classes_ = lesson.targets.classes
        self.module_ = module
        self.n_iter_ = len(history.training)
        self.loss_trace_ = np.array(history.training)
        self.held_out_trace_ = np.array(history.held_out)
        self.converged_ = history.stopped
        self.n_left_out_ = lesson.n_left_out
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give the probability of every class.

        Parameters
        ----------
        X : frame or array of numbers, n_items x n_features
            Features, as in `fit`.

        Returns
        -------
        floating array, n_items x n_classes
            Columns in the order of `classes_`.
        """
        check_is_fitted(self)
        loop, allow_nd = _loop(), self.module is not None
        features = loop.handed_over(X)
        if features is None:
            features = validate_data(self, X, reset=False, dtype="float32", allow_nd=allow_nd)
        else:
            validate_data(self, X, reset=False, skip_check_array=True)
        return softmax(loop.logits_of(self.module_, features), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """Give the most probable class.

        Parameters
        ----------
        X : frame or array of numbers, n_items x n_features
            Features, as in `fit`.

        Returns
        -------
        array, n_items
            Names of classes.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _check_settings(self) -> None:
        """Refuse settings out of their range."""
        least = {"epochs": 1, "batch_size": 1, "learning_rate": 0, "weight_decay": 0, "tol": 0}
        for name, lowest in least.items():
            if not getattr(self, name) >= lowest:  # also refuses NaN
                msg = (
                    f"{name}={getattr(self, name)!r} is out of range: it must be at least {lowest}."
                )
                raise ValueError(msg)
        if not 0 <= self.validation_share < 1:
            msg = (
                f"validation_share={self.validation_share!r} is out of range: it must be at least "
                "0 and less than 1. Give a share, not a number of items."
            )
            raise ValueError(msg)

    def _split(self, lesson: Lesson, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Choose the items to train on, and those to hold out."""
        items = rng.permutation(np.flatnonzero(lesson.weights))
        n_held_out = round(self.validation_share * len(items))
        if n_held_out < FEWEST_HELD_OUT:
            n_held_out = 0
        return np.sort(items[n_held_out:]), items[:n_held_out]

    def _schedule(self, loop: Any) -> Any:
        """Collect how long and how fast to train."""
        return loop.Schedule(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
            tol=self.tol,
            mixed=self.mixed_precision,
        )

    def _warn_unfinished(self, history: Any) -> None:
        """Tell that more epochs would have helped."""
        if self.patience is None or not history.held_out or history.stopped:
            return
        warnings.warn(
            f"The loss of held-out items was still falling after {self.epochs} epochs (from "
            f"{history.held_out[0]:.4f} in the first to {min(history.held_out):.4f}). Raise epochs "
            "or learning_rate, standardize the features, or say patience=None.",
            ConvergenceWarning,
            stacklevel=3,
        )


def _loop() -> Any:
    """Import the part that needs torch, only where it is used."""
    try:
        import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ModuleNotFoundError as error:
        msg = (
            "TorchClassifier needs torch, which is not installed. Install it with "
            'pip install "weaklabel[torch]", or use SoftLabelClassifier.'
        )
        raise ImportError(msg) from error
    from weaklabel.training import _torch_loop

    return _torch_loop
