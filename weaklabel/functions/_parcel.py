"""Functions packed once for all tasks, and unpacked once in each worker process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import numpy as np

_opened: dict[str, Any] = {}  # the last parcel that this process unpacked


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """Something that many tasks need, as bytes.

    Tasks that hold objects would pack and unpack them each time, whatever they carry along:
    lexicons, models, tables. Bytes in an array travel as joblib sends arrays: large ones are
    written once, and all workers map the same memory.
    """

    key: str
    packed: np.ndarray | None  # uint8
    loose: Any = None  # what cannot be packed travels as it is, if it must

    @classmethod
    def of(cls, things: Any) -> Self:
        """Pack."""
        import cloudpickle

        try:
            packed = np.frombuffer(cloudpickle.dumps(things), np.uint8)
        except Exception:  # an object may refuse in any way; threads need no packing at all
            return cls(key="", packed=None, loose=things)
        return cls(key=uuid4().hex, packed=packed)

    def open(self) -> Any:
        """Unpack, if this process has not done so yet."""
        import cloudpickle

        if self.packed is None:
            return self.loose
        if self.key not in _opened:
            _opened.clear()
            _opened[self.key] = cloudpickle.loads(self.packed.data)
        return _opened[self.key]
