"""Fitted scikit-learn classifiers as bytes, from which only known types are ever rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# What the default classifiers are made of; skops knows the rest of scikit-learn itself.
OURS = (
    "weaklabel.models._learners.SoftLogistic",
    "weaklabel.models._trees.Trees",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


def to_bytes(classifier: Any) -> bytes:
    """Turn a classifier, fitted or not, into bytes, by skops."""
    return _skops("save").dumps(classifier)


def from_bytes(data: bytes, trusted: Sequence[str]) -> Any:
    """Rebuild a classifier of types that scikit-learn, this package, or the user vouches for.

    Raises
    ------
    ValueError
        If it is made of other types, which are named.
    """
    skops = _skops("load")
    known = {*OURS, *trusted}
    strange = sorted(set(skops.get_untrusted_types(data=data)) - known)
    if strange:
        msg = (
            f"The saved model holds a classifier made of {', '.join(strange[:5])}"
            f"{' and others' if len(strange) > 5 else ''}, and rebuilding these may run their "
            f"code. If you know where the file comes from: wl.load(path, trusted={strange!r})."
        )
        raise ValueError(msg)
    return skops.loads(data, trusted=sorted(known))


def _skops(what: str) -> Any:
    """Import skops, which is in an extra."""
    try:
        import skops.io
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "skops":
            raise
        msg = (
            f"To {what} a model that holds a scikit-learn classifier needs skops. Install it with "
            "pip install 'weaklabel[save]'."
        )
        raise ModuleNotFoundError(msg, name="skops") from error
    return skops.io
