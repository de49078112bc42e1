"""A key for the content of a function or of data: equal keys mean equal votes."""

from __future__ import annotations

import functools
import re
import sys
import sysconfig
from collections.abc import Hashable, Iterable
from enum import Enum
from hashlib import blake2b
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd

from weaklabel.functions._base import LabelingFunction
from weaklabel.functions._text import Text
from weaklabel.functions.values import Abstain, Not

_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(...), range)


class UnknownContentError(Exception):
    """The content of an object cannot be told reliably."""


def function_key(function: LabelingFunction) -> bytes | None:
    """Digest everything that a function's votes depend on besides the data; None if unknown."""
    try:
        return _digest(repr(_Content().of(function.content())))
    except (UnknownContentError, RecursionError):
        return None


def _digest(text: str) -> bytes:
    """Digest text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).digest()


class _Content:
    """Turns objects into nested tuples of plain values that say the same.

    A Python function is its byte code, constants, defaults, closure, and the globals that it
    names, followed into functions and classes of the user's own, wherever they are defined.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []  # ids are unique only among objects that live

    def of(self, value: Any) -> Any:
        """Give the content of any object."""
        if isinstance(value, _PLAIN) and not isinstance(value, Enum):
            return type(value).__name__, repr(value)
        if id(value) in self._seen:
            return "seen", self._seen[id(value)]
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        for kinds, method in self._METHODS:
            if isinstance(value, kinds):
                return method(self, value)
        return self._other(value)

    def _each(self, values: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(self.of(value) for value in values)

    def _sequence(self, value: Any) -> Any:
        return type(value).__qualname__, self._each(value)

    def _set(self, value: Any) -> Any:
        # each member by itself: positions of what was seen would depend on the order of the set
        return type(value).__name__, tuple(sorted(repr(_Content().of(member)) for member in value))

    def _dict(self, value: dict[Any, Any]) -> Any:
        return type(value).__qualname__, self._each(value), self._each(value.values())

    def _labeling_function(self, value: LabelingFunction) -> Any:
        return type(value).__qualname__, self.of(value.content())

    def _function(self, value: FunctionType) -> Any:
        if not _is_users(value.__module__):
            return "function", value.__module__, value.__qualname__
        names = dict.fromkeys(_names(value.__code__))
        found = {name: value.__globals__[name] for name in names if name in value.__globals__}
        cells = [_cell(cell) for cell in value.__closure__ or ()]
        return (
            "function",
            _code(value.__code__),
            self._each([value.__defaults__, value.__kwdefaults__]),
            self._each(cells),
            tuple((name, self._global(each, names)) for name, each in found.items()),
        )

    def _global(self, value: Any, names: Iterable[str]) -> Any:
        """Give the content of a global; of a user's module only what is named."""
        if not isinstance(value, ModuleType):
            return self.of(value)
        if not _is_users(value.__name__):
            return self.of(value)
        used = {name: getattr(value, name) for name in names if hasattr(value, name)}
        return "module", tuple((name, self.of(each)) for name, each in used.items())

    def _module(self, value: ModuleType) -> Any:
        return "module", value.__name__, str(getattr(value, "__version__", ""))

    def _method(self, value: MethodType) -> Any:
        return "method", self.of(value.__self__), self.of(value.__func__)

    def _builtin(self, value: Any) -> Any:
        owner = getattr(value, "__self__", None)
        bound = None if owner is None or isinstance(owner, ModuleType) else self.of(owner)
        return "builtin", value.__module__, value.__qualname__, bound

    def _partial(self, value: functools.partial[Any]) -> Any:
        return "partial", self._each([value.func, value.args, value.keywords])

    def _class(self, value: type) -> Any:
        if not _is_users(value.__module__):
            return "class", value.__module__, value.__qualname__
        own = {k: v for k, v in vars(value).items() if k not in _NO_CONTENT}
        return "class", value.__qualname__, self._each(value.__bases__), self._dict(own)

    def _enum(self, value: Enum) -> Any:
        return "enum", type(value).__qualname__, value.name, repr(value.value)

    def _pattern(self, value: re.Pattern[Any]) -> Any:
        return "pattern", value.pattern, value.flags

    def _not(self, value: Not) -> Any:
        return "not", self._set(value.classes)

    def _descriptor(self, value: Any) -> Any:
        return type(value).__name__, self._each(
            getattr(value, name, None) for name in ("fget", "fset", "fdel", "__func__", "func")
        )

    def _other(self, value: Any) -> Any:
        """Give the content of any other object: its class if that is a user's, and its state."""
        if hasattr(value, "__wrapped__"):  # functools.lru_cache and the like
            return "wrapper", type(value).__qualname__, self.of(value.__wrapped__)
        try:
            return "object", self._class(type(value)), joblib.hash(value)
        except Exception as error:
            raise UnknownContentError from error

    _METHODS: tuple[tuple[Any, Any], ...] = (
        (Enum, _enum),
        ((tuple, list), _sequence),
        ((set, frozenset), _set),
        (dict, _dict),
        (LabelingFunction, _labeling_function),
        (FunctionType, _function),
        (MethodType, _method),
        (BuiltinFunctionType, _builtin),
        (functools.partial, _partial),
        ((property, staticmethod, classmethod, functools.cached_property), _descriptor),
        (type, _class),
        (ModuleType, _module),
        (re.Pattern, _pattern),
        (Not, _not),
        (Abstain, lambda _self, _value: "abstain"),
    )


# Attributes of a class that say where it is or hold what it was asked, not what it does.
_NO_CONTENT = {
    "__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__", "__static_attributes__",
    "__annotations__", "__annotate_func__", "__annotations_cache__", "__abstractmethods__",
    "_abc_impl", "__match_args__", "__dataclass_params__", "__dataclass_fields__", "__slots__",
    "__slotnames__",
}  # fmt: skip


def _cell(cell: Any) -> Any:
    """Give what a closure holds; a cell may still be empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _names(code: CodeType) -> list[str]:
    """List the names of globals and attributes that code uses, with code inside it."""
    inner = [
        name for const in code.co_consts if isinstance(const, CodeType) for name in _names(const)
    ]
    return [*code.co_names, *inner]


def _code(code: CodeType) -> Any:
    """Give the content of byte code: what it does, not where it stands."""
    constants = tuple(
        _code(const) if isinstance(const, CodeType) else _Content().of(const)
        for const in code.co_consts
    )
    return (
        code.co_code.hex(),
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_exceptiontable.hex(),
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags),
    )


@functools.cache
def _is_users(module: str | None) -> bool:
    """Say whether a module is the user's own: not built in, and not installed with Python."""
    if module is None or module == "__main__":  # None: code given to exec, as some tools do
        return True
    if module.partition(".")[0] in {*sys.stdlib_module_names, "weaklabel"}:
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    installed = tuple({sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib")})
    return file is None or not str(file).startswith(installed)


class DataKeys:
    """Digests of the columns and the index of a frame, each made once."""

    def __init__(self, frame: pd.DataFrame, kind: str) -> None:
        self._frame = frame
        self._kind = kind  # functions that see all columns may see of which library they are
        self._columns: dict[Hashable, str] = {}

    def key(self, function: LabelingFunction) -> bytes | None:
        """Digest what a function reads of the frame; None where that is not possible."""
        columns = function.reads()
        try:
            if columns is not None:
                return _digest(repr([self._column(column) for column in columns]))
            whole = [self._column(column) for column in self._frame.columns.unique()]
            names = repr(self._frame.columns.names)
            return _digest(repr([whole, self._index, names, self._kind]))
        except (UnknownContentError, KeyError):
            return None

    def _column(self, name: Hashable) -> str:
        """Digest a column with its name."""
        if name not in self._columns:
            found: Any = self._frame[name]
            parts = [found] if found.ndim == 1 else [column for _, column in found.items()]
            self._columns[name] = repr([repr(name), type(name), *map(values_key, parts)])
        return self._columns[name]

    @functools.cached_property
    def _index(self) -> str:
        """Digest the index with its names."""
        index = self._frame.index
        if isinstance(index, pd.RangeIndex):
            return repr(index)
        levels = [index.get_level_values(level) for level in range(index.nlevels)]
        return repr([index.names, *(values_key(pd.Series(level)) for level in levels)])


def values_key(values: pd.Series) -> str:
    """Digest the values of a Series with their type."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and not dtype.hasobject:
        return f"{dtype} {_bytes_key(values.to_numpy())}"
    if isinstance(dtype, pd.CategoricalDtype):
        codes = values_key(pd.Series(values.cat.codes.to_numpy()))
        return f"{values_key(pd.Series(dtype.categories))} {dtype.ordered} {codes}"
    if (
        pd.api.types.is_object_dtype(dtype)
        and pd.api.types.infer_dtype(values, skipna=False) != "string"
    ):
        # pandas hashes 1 and "1" of a mixed column alike, and all missing values, too
        try:
            return f"object {joblib.hash(values.tolist())}"
        except Exception as error:
            raise UnknownContentError from error
    if isinstance(dtype, pd.StringDtype) or pd.api.types.is_object_dtype(dtype):
        text = Text(values)
        data, bounds = text.bytes
        parts = data[bounds[0] : bounds[-1]], bounds - bounds[0], text.present
        return f"{dtype} {' '.join(map(_bytes_key, parts))}"
    hashed = pd.util.hash_pandas_object(values, index=False).to_numpy()
    return f"{dtype} {_bytes_key(hashed)}"


def _bytes_key(values: np.ndarray) -> str:
    """Digest the bytes of an array."""
    return blake2b(values.tobytes(), digest_size=20).hexdigest()
