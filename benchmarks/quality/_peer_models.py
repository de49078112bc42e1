"""Label models of other libraries; runs in an environment that has them, and not weaklabel.

All take a vote matrix, n_items x n_sources with -1 for silence, or a long frame, and give
probabilities, n_items x n_classes. Items that a library leaves out get uniform ones.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

FROM_SNORKEL = ("snorkel LabelModel",)
FROM_CROWD_KIT = ("DawidSkene", "OneCoinDawidSkene", "GLAD", "MACE", "Wawa")


def available() -> dict[str, Any]:
    """Name the models that can run here, and the versions of what they are from."""
    models: list[str] = []
    packages = ["numpy", "pandas"]
    if find_spec("snorkel"):
        models += FROM_SNORKEL
        packages += ["snorkel", "torch"]
    if find_spec("crowdkit"):
        models += [f"crowd-kit {name}" for name in FROM_CROWD_KIT]
        packages += ["crowd-kit"]
    return {"models": models, "versions": {name: version(name) for name in packages}}


def run(*, model: str, votes: str, answer: str, patience: int) -> dict[str, Any]:
    """Fit a model to votes in one file, and write its probabilities to another.

    Parameters
    ----------
    model : str
        One of `available`.
    votes : str
        npz with item, source and label of the votes to fit, n_items, n_sources, n_classes; and
        test_item, test_source, test_label, n_test if others are scored.
    answer : str
        npz to write, with ``probabilities``.
    patience : int
        Seconds after which the fit is given up.
    """
    with np.load(votes) as arrays:
        data = {name: arrays[name] for name in arrays.files}
    method: Callable[[dict[str, np.ndarray], str], np.ndarray]
    method = _snorkel if model in FROM_SNORKEL else _crowd_kit
    import_module(LIBRARIES[method])  # not to be counted
    _give_up_after(patience)
    start = time.perf_counter()
    probabilities = method(data, model.rsplit(maxsplit=1)[-1])
    seconds = time.perf_counter() - start
    signal.alarm(0)
    np.savez(answer, probabilities=probabilities)
    return {"seconds": seconds}


def _give_up_after(seconds: int) -> None:
    """Raise TimeoutError when the time is over."""

    def give_up(number: int, frame: Any) -> None:  # noqa: ARG001 - how signals call
        msg = f"given up after {seconds} s"
        raise TimeoutError(msg)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)


def _snorkel(data: dict[str, np.ndarray], name: str) -> np.ndarray:  # noqa: ARG001
    """Fit Snorkel's LabelModel with its defaults."""
    import torch
    from snorkel.labeling.model import LabelModel

    torch.set_num_threads(1)  # its steps are so small that threads wait for each other
    model = LabelModel(cardinality=int(data["n_classes"]))
    votes = _matrix(data, "", int(data["n_items"]))
    model.fit(votes, seed=0, progress_bar=False)
    if "test_item" in data:
        votes = _matrix(data, "test_", int(data["n_test"]))
    return model.predict_proba(votes)


def _matrix(data: dict[str, np.ndarray], prefix: str, n_items: int) -> np.ndarray:
    """Make a vote matrix; of repeated votes the last counts."""
    matrix = np.full((n_items, int(data["n_sources"])), -1)
    matrix[data[f"{prefix}item"], data[f"{prefix}source"]] = data[f"{prefix}label"]
    return matrix


def _crowd_kit(data: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Fit a crowd-kit model with its defaults; it labels what it is fitted to and nothing else."""
    from crowdkit import aggregation

    if "test_item" in data:
        msg = "crowd-kit predicts only what it was fitted to"
        raise NotImplementedError(msg)
    frame = pd.DataFrame(
        {"task": data["item"], "worker": data["source"], "label": data["label"].astype(np.int64)}
    )
    found = getattr(aggregation, name)().fit_predict_proba(frame)
    n_classes = int(data["n_classes"])
    probabilities = np.full((int(data["n_items"]), n_classes), 1 / n_classes)
    everywhere = found.reindex(columns=range(n_classes), fill_value=0.0).fillna(0.0)
    probabilities[found.index.to_numpy(int)] = everywhere.to_numpy()
    return probabilities


LIBRARIES = {_snorkel: "snorkel.labeling.model", _crowd_kit: "crowdkit.aggregation"}
