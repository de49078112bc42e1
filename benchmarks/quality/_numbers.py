"""Read features and gold of sets of images and numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def features_and_gold(data: Path | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Give all items of a set, train and test together, one row each."""
    if data is None:
        msg = f"The set {name} is read from a folder: say --data DIR."
        raise SystemExit(msg)
    arrays = np.load(data / name / "data.npz")
    if "X" in arrays:
        x, gold = arrays["X"], arrays["y"]
    else:
        x, gold = (
            np.concatenate([arrays[f"{part}_train"], arrays[f"{part}_test"]]) for part in "xy"
        )
    return x.reshape(len(x), -1).astype(np.float32), gold.astype(int)
