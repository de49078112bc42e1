"""Tables of results that are kept can be read: every row has a cell for every column."""

import csv
from pathlib import Path

import pytest

from benchmarks import _results

FOLDER = Path(_results.__file__).parent
TABLES = sorted(FOLDER.rglob("results*.csv"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_row_has_every_cell(path):
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len({len(row) for row in csv.reader(lines)}) == 1


def test_commas_are_quoted(tmp_path):
    rows = [{"system": "neighbors, with the graph", "seconds": 1.0}]
    _results.write(tmp_path / "t.csv", rows, ["system", "seconds"], "by hand")
    assert _results.read(tmp_path / "t.csv")["system"].tolist() == ["neighbors, with the graph"]
