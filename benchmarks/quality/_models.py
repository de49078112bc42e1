"""Our label models, as they come, and Dawid-Skene as it was published; fit one and score it."""

from __future__ import annotations

import inspect
import math
import time
import warnings
from collections import Counter
from typing import Any

from benchmarks.quality._data import Trial
from weaklabel import models
from weaklabel.analysis import metrics
from weaklabel.datasets import many_classes
from weaklabel.evidence import Evidence
from weaklabel.models import BaseLabelModel, DawidSkene, LabelModel, MajorityVote, Triplets
from weaklabel.posterior import Posterior

AS_PUBLISHED = "DawidSkene as published"
TRIPLETS = "Triplets as published"
FIGURES = ("accuracy", "f1", "brier", "log_loss", "ece")


def our_models() -> dict[str, BaseLabelModel]:
    """Find every label model of votes that works without arguments, the plain vote first.

    Examples
    --------
    >>> list(our_models())[0]
    'MajorityVote'
    """
    found = [getattr(models, name) for name in models.__all__]
    kinds = [kind for kind in found if _is_label_model(kind)]
    kinds.sort(key=lambda kind: (kind is not MajorityVote, kind is LabelModel))
    settings = DawidSkene(smoothing=0, tol=1e-5, max_iter=10_000, max_drift=1, max_misfit=math.inf)
    found = {kind.__name__: _seeded(kind()) for kind in kinds}
    triplets = Triplets(moments="signed", class_prior=None)
    return found | {AS_PUBLISHED: settings, TRIPLETS: triplets}


def _is_label_model(kind: Any) -> bool:
    """Tell a label model that needs no arguments from bases, warnings and the like."""
    if not inspect.isclass(kind) or not issubclass(kind, BaseLabelModel) or kind is BaseLabelModel:
        return False
    if "votes" not in getattr(kind, "_uses", {"votes"}):  # terms that read features alone
        return False
    parameters = inspect.signature(kind).parameters.values()
    return not inspect.isabstract(kind) and all(p.default is not p.empty for p in parameters)


def _seeded(model: BaseLabelModel) -> BaseLabelModel:
    """Fix the randomness of a model that has some."""
    if "random_state" in model.get_params(deep=False):
        model.set_params(random_state=0)
    return model


def warm_up() -> None:
    """Load compiled kernels, so that no model's seconds hold it."""
    case = many_classes(20_000, random_state=0)
    evidence = Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        DawidSkene(max_iter=2).fit(evidence).predict_proba(evidence)


def row(trial: Trial, model: BaseLabelModel) -> dict[str, Any]:
    """Fit a model to a set and score it; what it warned of is told by kind and number."""
    fit_on = trial.fit_evidence()
    score_on = fit_on if trial.same else trial.score_evidence()
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        posterior = model.fit(fit_on).posterior(score_on)
    seconds = time.perf_counter() - start
    told = Counter(warning.category.__name__ for warning in caught)
    return {
        **scored(trial, posterior),
        "seconds": seconds,
        "ending": model.ending_.name.lower(),
        "warnings": " ".join(f"{kind}:{n}" for kind, n in sorted(told.items())),
    }


def scored(trial: Trial, posterior: Posterior) -> dict[str, Any]:
    """Score a posterior against the gold of a set, ties in expectation."""
    found = metrics.score(trial.gold, posterior)
    return {"n": found["n"], "coverage": found["coverage"]} | {k: found[k] for k in FIGURES}
