"""Saved models: one file with JSON, arrays and classifiers, from which nothing is ever executed."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_classifier

from weaklabel._device import on_host
from weaklabel.io import _classifiers

FORMAT = "weaklabel model"
VERSION = 1
STATE = "model.json"
ARRAYS, CLASSIFIERS = "arrays/", "classifiers/"
BAD_FILE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)
HOMES = ("weaklabel.models", "weaklabel.models._fusion", "weaklabel.solvers")


def save(model: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Write a fitted label model to a file.

    Parameters
    ----------
    model : label model
        Fitted.
    path : path-like
        The file appears, or is replaced, in one step: nobody ever sees half of it.

    Raises
    ------
    TypeError
        If the model holds something that is neither JSON, an array nor a scikit-learn classifier,
        such as class names that are no numbers, strings or tuples of them, or is of a class that is
        not weaklabel's own.
    FileNotFoundError
        If the folder does not exist.
    ModuleNotFoundError
        If it holds a classifier, and skops, which writes these, is not installed.
    """
    path = Path(path)
    if not path.parent.is_dir():
        msg = f"There is no folder {str(path.parent)!r} to save the model in. Create it first."
        raise FileNotFoundError(msg)
    parts: dict[str, Any] = {}
    state = {"format": FORMAT, "version": VERSION, "model": _encode(model, parts)}
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            _write(file, state, parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(file: Any, state: Any, parts: dict[str, Any]) -> None:
    """Write the archive."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(STATE, json.dumps(state, allow_nan=False))
        for name, part in parts.items():
            if isinstance(part, bytes):
                archive.writestr(name, part)
                continue
            buffer = io.BytesIO()
            np.save(buffer, part, allow_pickle=False)
            archive.writestr(name, buffer.getvalue())


def load(path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Any:
    """Read a label model that `save` wrote.

    Parameters
    ----------
    path : path-like
    trusted : sequence of str
        Types, by module and name, that a classifier in the model may be made of, beside those of
        scikit-learn that are known to be harmless.

    Returns
    -------
    label model
        Fitted; predicts as it did.

    Raises
    ------
    ValueError
        If the file is no saved model, is damaged, or was written by a later version; or if it holds
        a classifier of types that are not trusted.
    ModuleNotFoundError
        If it holds a classifier, and skops, which reads these, is not installed.

    Examples
    --------
    >>> import tempfile, pandas as pd, weaklabel as wl
    >>> votes = pd.DataFrame({"a": ["x", "y"], "b": ["x", None], "c": ["y", None]})
    >>> evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wl.MajorityVote().fit(evidence).save(f"{folder}/model.wl")
    ...     wl.load(f"{folder}/model.wl").predict(evidence).tolist()
    ['x', 'y']
    """
    state, parts = _read(path)
    model = _checked(state, path)
    for name in parts:
        if name.startswith(CLASSIFIERS):
            parts[name] = _classifiers.from_bytes(parts[name], trusted)
    try:
        return _decode(model, parts)
    except (AttributeError, ImportError, LookupError, StopIteration, TypeError) as error:
        msg = (
            f"{str(path)!r} holds a model that this version of weaklabel cannot rebuild: {error!r}."
            " Probably the version that wrote it differs. Load it there, or fit and save again."
        )
        raise ValueError(msg) from error


def _read(path: Any) -> tuple[Any, dict[str, Any]]:
    """Read the state, the arrays and the bytes of classifiers of a file."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None or STATE not in archive.namelist():
                msg = f"{STATE} is missing, or a part is damaged"
                raise zipfile.BadZipFile(msg)
            state = json.loads(archive.read(STATE))
            parts: dict[str, Any] = {}
            for name in archive.namelist():
                if name.startswith(ARRAYS):
                    parts[name] = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
                elif name.startswith(CLASSIFIERS):
                    parts[name] = archive.read(name)
            return state, parts
    except BAD_FILE as error:
        raise ValueError(_not_a_model(path, str(error) or type(error).__name__)) from error


def _not_a_model(path: Any, reason: str) -> str:
    """Say that a file is no saved model."""
    return (
        f"{str(path)!r} is no whole weaklabel model: {reason}. Probably it is another file, or its "
        "copy was cut short. Save the model again with model.save(path)."
    )


def _checked(state: Any, path: Any) -> Any:
    """Give the model part of a file of the right format and version."""
    whole = isinstance(state, dict) and {"format", "version", "model"} <= set(state)
    if not whole or state["format"] != FORMAT or not isinstance(state["version"], int):
        raise ValueError(_not_a_model(path, "it holds something else"))
    if state["version"] > VERSION:
        msg = (
            f"{str(path)!r} was written by a later weaklabel (format {state['version']}; this one "
            f"reads up to {VERSION}). Update weaklabel, or save the model with this version."
        )
        raise ValueError(msg)
    return state["model"]


def _encode(value: Any, parts: dict[str, Any]) -> Any:
    """Turn a value into JSON; arrays and classifiers go beside it, by name."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        kind = type(value)
        return {"enum": [kind.__module__, kind.__name__], "name": value.name}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": str(value)}
    if isinstance(value, (dict, tuple, list)):
        return _encode_container(value, parts)
    return _encode_object(value, parts)


def _encode_container(value: Any, parts: dict[str, Any]) -> Any:
    """Encode mappings, lists, tuples and named tuples (parameters), which keep their type."""
    if isinstance(value, dict):
        return {"dict": [[_encode(k, parts), _encode(v, parts)] for k, v in value.items()]}
    items = [_encode(item, parts) for item in value]
    if isinstance(value, list):
        return items
    if hasattr(value, "_fields"):
        kind = type(value)
        return {"named": [kind.__module__, kind.__name__], "items": items}
    return {"tuple": items}


def _encode_object(value: Any, parts: dict[str, Any]) -> Any:
    """Encode estimators, pandas objects and arrays."""
    if isinstance(value, BaseEstimator):
        return _encode_estimator(value, parts)
    if isinstance(value, pd.Index | pd.Series | pd.DataFrame):
        return _encode_pandas(value, parts)
    array = on_host(value)
    if array.dtype == object:
        msg = (
            f"{value!r} cannot be saved: a saved model holds numbers, strings, tuples and arrays. "
            "Probably class or source names are objects; rename them to strings."
        )
        raise TypeError(msg)
    name = f"{ARRAYS}{len(parts)}.npy"
    parts[name] = array
    return {"array": name}


def _encode_pandas(value: Any, parts: dict[str, Any]) -> Any:
    """Encode an index, a series or a frame."""
    if isinstance(value, pd.MultiIndex):
        names = _encode(list(value.names), parts)
        return {"multiindex": _encode(value.tolist(), parts), "names": names}
    if isinstance(value, pd.Index):
        labels = _encode(value.tolist(), parts)
        return {"index": labels, "dtype": str(value.dtype), "name": _encode(value.name, parts)}
    if isinstance(value, pd.Series):
        whole = [value.to_numpy(), value.index, value.name]
        return {"series": [_encode(part, parts) for part in whole]}
    columns = [[name, value[name].tolist()] for name in value.columns]
    return {"frame": _encode(columns, parts), "dtypes": [str(kind) for kind in value.dtypes]}


def _encode_estimator(value: BaseEstimator, parts: dict[str, Any]) -> Any:
    """Encode settings and what was learned."""
    kind = type(value)
    if is_classifier(value):
        name = f"{CLASSIFIERS}{len(parts)}.skops"
        parts[name] = _classifiers.to_bytes(value)
        return {"classifier": name}
    if not any(vars(import_module(home)).get(kind.__name__) is kind for home in HOMES):
        msg = (
            f"{kind.__module__}.{kind.__qualname__} cannot be saved: load makes only "
            "weaklabel's own models and solvers. Probably it is a subclass of yours. Save a "
            "model of weaklabel's own class, or keep the code and fit again."
        )
        raise TypeError(msg)
    learned = {name: part for name, part in vars(value).items() if name.endswith("_")}
    return {
        "estimator": kind.__name__,
        "settings": _encode(value.get_params(deep=False), parts),
        "learned": _encode(learned, parts),
    }


def _decode(value: Any, parts: dict[str, Any]) -> Any:
    """Turn JSON back into what it was."""
    if isinstance(value, list):
        return [_decode(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    kind = next(iter(value))
    return DECODERS[kind](value, parts)


def _own(module: str, name: str, base: type) -> Any:
    """Look up a class that a module of this package's models defines itself."""
    found = None
    if module.startswith("weaklabel.models."):
        found = vars(import_module(module)).get(name)
    if not (isinstance(found, type) and issubclass(found, base) and found.__module__ == module):
        msg = (
            f"A saved model names {module}.{name}, which is none of weaklabel's. Either a later "
            "version wrote it, or someone tampered with it. Load only files whose origin you know."
        )
        raise ValueError(msg)
    return found


def _decode_named(value: Any, parts: dict[str, Any]) -> Any:
    """Rebuild parameters; only classes of this package's models are looked up."""
    module, name = value["named"]
    return _own(module, name, tuple)(*_decode(value["items"], parts))


def _decode_enum(value: Any, _: dict[str, Any]) -> Any:
    """Rebuild a member of an enumeration."""
    module, name = value["enum"]
    return _own(module, name, Enum)[value["name"]]


def _decode_estimator(value: Any, parts: dict[str, Any]) -> Any:
    """Rebuild an estimator from its settings and what it learned."""
    name = value["estimator"]
    homes = (import_module(home) for home in HOMES)
    kind = next((vars(home)[name] for home in homes if name in vars(home)), None)
    if not (isinstance(kind, type) and issubclass(kind, BaseEstimator)):
        msg = f"A saved model names {name!r}, which is no model of this version. Update weaklabel."
        raise ValueError(msg)
    estimator = kind(**_decode(value["settings"], parts))
    learned = _decode(value["learned"], parts)
    strange = [part for part in learned if part.startswith("_") or not part.endswith("_")]
    if strange:  # what is learned ends in "_"; nothing else of an estimator may be replaced
        raise AttributeError(strange[0])
    vars(estimator).update(learned)
    return estimator


def _decode_index(value: Any, parts: dict[str, Any]) -> pd.Index:
    """Rebuild an index, tuples included."""
    labels = _decode(value["index"], parts)
    return pd.Index(
        labels, dtype=value["dtype"], name=_decode(value["name"], parts), tupleize_cols=False
    )


def _decode_frame(value: Any, parts: dict[str, Any]) -> pd.DataFrame:
    """Rebuild a frame with its column types."""
    columns = dict(_decode(value["frame"], parts))
    return pd.DataFrame(columns).astype(dict(zip(columns, value["dtypes"], strict=True)))


def _decode_series(value: Any, parts: dict[str, Any]) -> pd.Series:
    """Rebuild a series."""
    values, index, name = _decode(value["series"], parts)
    return pd.Series(values, index=index, name=name)


DECODERS = {
    "array": lambda value, parts: parts[value["array"]],
    "classifier": lambda value, parts: parts[value["classifier"]],
    "dict": lambda value, parts: {
        _decode(key, parts): _decode(item, parts) for key, item in value["dict"]
    },
    "enum": _decode_enum,
    "estimator": _decode_estimator,
    "float": lambda value, _: float(value["float"]),
    "frame": _decode_frame,
    "index": _decode_index,
    "multiindex": lambda value, parts: pd.MultiIndex.from_tuples(
        _decode(value["multiindex"], parts), names=_decode(value["names"], parts)
    ),
    "named": _decode_named,
    "series": _decode_series,
    "tuple": lambda value, parts: tuple(_decode(value["tuple"], parts)),
}
