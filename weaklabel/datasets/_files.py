"""Read the tables that ship with the package."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd


def read_table(name: str) -> pd.DataFrame:
    """Read one Parquet file of `weaklabel/datasets/files`, as it was written."""
    with (files("weaklabel.datasets") / "files" / name).open("rb") as file:
        return pd.read_parquet(file)
