"""Label models of each library, called as their users would: votes in, probabilities out.

Each function takes votes in the form that its library wants (`PREPARED`; making that form is not
timed) and gives n_items x n_classes, or rows of the items it labels and their positions.
"""

from __future__ import annotations

import resource
import signal
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.speed import _votes
from benchmarks.speed._processes import cpu_repeated

GIVE_UP = 300  # seconds of one process
WARM_UP = 25_000  # items of a call that is not timed: it loads libraries and compiled code
MOST_MEMORY = 8 << 30  # bytes of address space of one process

Answer = tuple[np.ndarray, np.ndarray]  # items, and the position of their best class


def measure(**plan: Any) -> dict[str, Any]:
    """Do what `timed` does, in a process of its own, within limits of time and memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(GIVE_UP)
    found = timed(**plan)
    signal.alarm(0)
    return found


def timed(*, votes: str, system: str, sweeps: int, runs: int, labels: str) -> dict[str, Any]:
    """Time one system on one set of votes; the labels are written to a file.

    Parameters
    ----------
    votes : str
        Folder of `_votes.write`.
    system : str
        Key of `SYSTEMS`.
    sweeps : int
        Number of EM steps, for systems that take it.
    runs : int
        How often to call; the median counts.
    labels : str
        npy file to write: the position of the best class of each item, -1 if none is given.
    """
    prepare, call = SYSTEMS[system]
    found = _votes.read(votes)
    prepared = prepare(found)
    sizes = {name: found[name] for name in ("n_items", "n_classes")}
    del found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about convergence after a few sweeps, and from peers
        little = _votes.labeling_functions(n_items=WARM_UP, n_sources=20)
        call(prepare(little), little, sweeps)
        (items, best), seconds, cpu = cpu_repeated(lambda: call(prepared, sizes, sweeps), runs)
    answer = np.full(int(sizes["n_items"]), -1)
    answer[items] = best
    np.save(labels, answer)
    return {"seconds": seconds, "cpu_seconds": cpu}


def _give_up(number: int, frame: Any) -> None:  # noqa: ARG001 - how signals call
    msg = f"given up after {GIVE_UP} s"
    raise TimeoutError(msg)


# ---- forms of votes --------------------------------------------------------------------------


def _long(votes: _votes.Sparse, columns: tuple[str, str, str]) -> pd.DataFrame:
    """Make a long frame."""
    parts = (votes["item"], votes["source"], votes["label"])
    return pd.DataFrame(dict(zip(columns, parts, strict=True)))


def _our_long(votes: _votes.Sparse) -> pd.DataFrame:
    return _long(votes, ("item", "source", "label"))


def _crowd_kit_long(votes: _votes.Sparse) -> pd.DataFrame:
    return _long(votes, ("task", "worker", "label"))


def _wide_integers(votes: _votes.Sparse) -> np.ndarray:
    return _votes.matrix(votes).astype(np.int64)  # what Snorkel's applier gives


# ---- ours ------------------------------------------------------------------------------------


def _ours(prepared: Any, votes: _votes.Sparse, name: str, **settings: Any) -> Answer:
    """Evidence, fit and probabilities."""
    import weaklabel as wl

    evidence = wl.Evidence(
        pd.RangeIndex(int(votes["n_items"])), classes=range(int(votes["n_classes"]))
    )
    encoding = None if isinstance(prepared, pd.DataFrame) else "codes"
    evidence = evidence.with_votes(prepared, encoding=encoding)
    model = getattr(wl, name)(**settings)
    probabilities = model.fit(evidence).predict_proba(evidence).to_numpy()
    return np.flatnonzero(evidence.covered), probabilities[evidence.covered].argmax(axis=1)


def _our_sweeps(prepared: Any, votes: _votes.Sparse, sweeps: int) -> Answer:
    """Maximum likelihood as textbooks have it, for a given number of E-steps."""
    return _ours(
        prepared,
        votes,
        "DawidSkene",
        silence="missing",
        smoothing=0,
        max_iter=sweeps - 1,  # the start is one more
        tol=0,
        max_misfit=np.inf,
        max_drift=1,
    )


# ---- peers -----------------------------------------------------------------------------------


def _snorkel_label_model(prepared: np.ndarray, votes: _votes.Sparse, sweeps: int) -> Answer:  # noqa: ARG001
    import torch
    from snorkel.labeling.model import LabelModel

    torch.set_num_threads(1)  # its steps are so small that threads wait for each other
    model = LabelModel(cardinality=int(votes["n_classes"]))
    model.fit(prepared, seed=0, progress_bar=False)
    return _best(model.predict_proba(prepared))


def _snorkel_majority(prepared: np.ndarray, votes: _votes.Sparse, sweeps: int) -> Answer:  # noqa: ARG001
    from snorkel.labeling.model import MajorityLabelVoter

    return _best(MajorityLabelVoter(int(votes["n_classes"])).predict_proba(prepared))


def _best(probabilities: np.ndarray) -> Answer:
    return np.arange(len(probabilities)), probabilities.argmax(axis=1)


def _crowd_kit_majority(prepared: pd.DataFrame, votes: _votes.Sparse, sweeps: int) -> Answer:  # noqa: ARG001
    from crowdkit.aggregation import MajorityVote

    return _best_of_frame(MajorityVote().fit_predict_proba(prepared))


def _crowd_kit_sweeps(prepared: pd.DataFrame, votes: _votes.Sparse, sweeps: int) -> Answer:  # noqa: ARG001
    from crowdkit.aggregation import DawidSkene

    return _best_of_frame(DawidSkene(n_iter=sweeps, tol=-1.0).fit_predict_proba(prepared))


def _crowd_kit_dawid_skene(prepared: pd.DataFrame, votes: _votes.Sparse, sweeps: int) -> Answer:  # noqa: ARG001
    from crowdkit.aggregation import DawidSkene

    return _best_of_frame(DawidSkene().fit_predict_proba(prepared))


def _best_of_frame(found: pd.DataFrame) -> Answer:
    names = found.columns.to_numpy()
    return found.index.to_numpy(), names[found.fillna(0).to_numpy().argmax(axis=1)]


def _plain(name: str) -> Callable[[Any, _votes.Sparse, int], Answer]:
    """One of our models with its defaults."""
    return lambda prepared, votes, sweeps: _ours(prepared, votes, name)  # noqa: ARG005


SYSTEMS: dict[str, tuple[Callable[[_votes.Sparse], Any], Callable[..., Answer]]] = {
    "weaklabel MajorityVote": (_votes.matrix, _plain("MajorityVote")),
    "weaklabel MajorityVote, long": (_our_long, _plain("MajorityVote")),
    "weaklabel LabelModel": (_votes.matrix, _plain("LabelModel")),
    "weaklabel LabelModel, long": (_our_long, _plain("LabelModel")),
    "weaklabel DawidSkene": (_votes.matrix, _plain("DawidSkene")),
    "weaklabel DawidSkene, long": (_our_long, _plain("DawidSkene")),
    "weaklabel DawidSkene, sweeps": (_votes.matrix, _our_sweeps),
    "weaklabel DawidSkene, sweeps, long": (_our_long, _our_sweeps),
    "snorkel MajorityLabelVoter": (_wide_integers, _snorkel_majority),
    "snorkel LabelModel": (_wide_integers, _snorkel_label_model),
    "crowd-kit MajorityVote": (_crowd_kit_long, _crowd_kit_majority),
    "crowd-kit DawidSkene": (_crowd_kit_long, _crowd_kit_dawid_skene),
    "crowd-kit DawidSkene, sweeps": (_crowd_kit_long, _crowd_kit_sweeps),
}
