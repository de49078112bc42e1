"""Score label models of other libraries on our sets, each in a process of its own."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality._data import Trial
from benchmarks.quality._models import FIGURES, scored
from benchmarks.speed._processes import run_alone
from weaklabel.posterior import Posterior
from weaklabel.votes import Votes

HERE = "benchmarks.quality._peer_models"


def available(python: str) -> dict[str, Any]:
    """Name the models that an interpreter can run, and the versions of their packages."""
    return run_alone(f"{HERE}:available", python=python)


def row(trial: Trial, model: str, *, python: str, patience: int) -> dict[str, Any]:
    """Fit and score a model; where it fails, figures are NaN and `ending` says why."""
    score_on = trial.score_evidence()
    with tempfile.TemporaryDirectory() as folder:
        votes, answer = Path(folder, "votes.npz"), Path(folder, "answer.npz")
        np.savez(votes, **_arrays(trial))
        try:
            done = run_alone(
                f"{HERE}:run",
                python=python,
                model=model,
                votes=str(votes),
                answer=str(answer),
                patience=patience,
            )
        except RuntimeError as error:
            return _failed(str(error).splitlines()[-1][:120])
        with np.load(answer) as arrays:
            probabilities = arrays["probabilities"]
    posterior = Posterior(
        probabilities=probabilities,
        index=score_on.index,
        classes=score_on.classes,
        covered=score_on.covered,
        log_normalizer=np.zeros(len(probabilities)),
    )
    try:
        return {**scored(trial, posterior), "seconds": done["seconds"]}
    except ValueError as error:  # not probabilities: NaN, or rows that do not sum to one
        return _failed(str(error).split(".")[0])


def _failed(reason: str) -> dict[str, Any]:
    """Make a row of a model that gave nothing."""
    return dict.fromkeys((*FIGURES, "coverage", "seconds"), math.nan) | {"ending": reason}


def _arrays(trial: Trial) -> dict[str, Any]:
    """Votes as arrays."""
    fitted = _votes(trial.fit_evidence().votes)
    sizes = {"n_items": len(trial.fit_items), "n_classes": trial.n_classes}
    sizes["n_sources"] = fitted.n_sources
    arrays = {"item": fitted.item, "source": fitted.source, "label": fitted.code}
    if not trial.same:
        test = _votes(trial.score_evidence().votes)
        arrays |= {"test_item": test.item, "test_source": test.source, "test_label": test.code}
        sizes["n_test"] = len(trial.score_items)
    return arrays | sizes


def _votes(votes: Votes | None) -> Votes:
    """Give the votes, which every trial has."""
    if votes is None:
        msg = "A trial without votes has nothing to score."
        raise ValueError(msg)
    return votes
