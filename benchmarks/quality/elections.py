"""Estimate who voted for whom: cross tables of districts from the margins of polling units alone.

``python -m benchmarks.quality.elections --data DIR [--sets ei_elections] [--methods A B]
[--districts N] --out CSV``

Every polling unit states how many votes each party and each candidate got. Wanted is the table of
a district, party by candidate, which is known from the ballots (each has both votes). `error` is
the share of voters in a wrong cell, in percent: half the summed absolute differences over the
voters of all districts. One row a (set, method, setting, seed); nothing is random, so that seed
is always 0. The true tables serve for scoring alone.

- independence: party and candidate are independent in each district.
- proportional: they are independent in each unit (the published baseline).
- Goodman: least squares, one row of shares a party and district, each on the simplex.
- transport: every unit's table is the one closest to shares common to the district that has the
  unit's margins (`weaklabel.transport.sinkhorn_groups`); the shares are the mean of these tables.
- counts: shares of a district as parameters of multinomial counts with matched moments, by EM.

The last two start from `proportional`, and smooth shares by one voter a candidate and party, laid
out as the district votes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import _results
from weaklabel.transport import sinkhorn_groups

COLUMNS = ["set", "method", "setting", "seed", "districts", "units", "error", "seconds"]
ROUNDS = 300  # of EM
STEADY = 1e-4  # share of voters that change cells in a round
STEPS = 1  # of transport a round; each starts where the last one ended
TINY = 1e-12


class District(NamedTuple):
    """Votes of polling units, and the table that they add up to."""

    parties: np.ndarray  # n_units x n_parties
    candidates: np.ndarray  # n_units x n_candidates
    truth: np.ndarray  # n_parties x n_candidates


def find(folder: Path, names: list[str] | None) -> list[str]:
    """Find sets of elections."""
    kinds = {
        path.parent.name
        for path in folder.glob("*/meta.json")
        if json.loads(path.read_text(encoding="utf-8"))["kind"] == "elections"
    }
    unknown = sorted(set(names or ()) - kinds)
    if unknown or not kinds:
        what = f"no set {', '.join(unknown)}" if unknown else "no set of elections"
        msg = f"{folder} holds {what}; found: {', '.join(sorted(kinds)) or 'nothing'}."
        raise SystemExit(msg)
    return sorted(names or kinds)


def read(path: Path) -> Iterator[District]:
    """Cut the districts of an election out of its flat array; units without votes are left out."""
    with np.load(path) as arrays:
        flat, shapes = arrays["flat"].astype(np.float64), arrays["shapes"]
    start = 0
    for n_units, n_parties, n_candidates, n_rows, n_columns in shapes:
        parts = []
        for shape in ((n_units, n_parties), (n_units, n_candidates), (n_rows, n_columns)):
            parts.append(flat[start : start + np.prod(shape)].reshape(shape))
            start += np.prod(shape)
        voters = parts[1].sum(axis=1)
        here = (voters > 0) & (parts[0].sum(axis=1) > 0)
        parties = parts[0][here]
        parties *= (voters[here] / parties.sum(axis=1))[:, None]
        yield District(parties, parts[1][here], parts[2])


def independence(district: District) -> np.ndarray:
    """Multiply the margins of the district."""
    parties, candidates = district.parties.sum(axis=0), district.candidates.sum(axis=0)
    return np.outer(parties, candidates) / parties.sum()


def proportional(district: District) -> np.ndarray:
    """Multiply the margins of each unit."""
    return (district.parties / district.parties.sum(axis=1)[:, None]).T @ district.candidates


def goodman(district: District) -> np.ndarray:
    """Regress candidates on parties; shares stay on the simplex (accelerated projected descent)."""
    parties, candidates, _ = district
    squares, target = parties.T @ parties, parties.T @ candidates
    longest = np.linalg.eigvalsh(squares)[-1]
    shares = ahead = _shares(proportional(district), district, 0.0)
    for t in range(3000):
        after = _on_simplex(ahead - (squares @ ahead - target) / longest)
        ahead = after + t / (t + 3) * (after - shares)
        shares = after
    return parties.sum(axis=0)[:, None] * shares


def transport(district: District, smoothing: float) -> np.ndarray:
    """Bring common shares to the margins of each unit, and average; until they agree."""
    parties, candidates, _ = district
    n_units, n_parties = parties.shape
    unit, fitted = np.repeat(np.arange(n_units), n_parties), None

    def fit(shares: np.ndarray) -> np.ndarray:
        nonlocal fitted
        cost = np.tile(-np.log(np.maximum(shares, TINY)), (n_units, 1))
        fitted = sinkhorn_groups(
            cost, unit, parties.ravel(), candidates, 1.0, start=fitted, max_iter=STEPS, tol=0
        )
        return fitted.plan.reshape(n_units, n_parties, -1).sum(axis=0)

    return _alternate(district, fit, smoothing)


def counts(district: District, smoothing: float) -> np.ndarray:
    """Expect tables under multinomial counts with the moments of a normal distribution."""
    parties, candidates, _ = district
    ridge = 1e-6 * parties.sum(axis=1)[:, None, None] * np.eye(candidates.shape[1])

    def fit(shares: np.ndarray) -> np.ndarray:
        spread = shares[:, :, None] * (np.eye(shares.shape[1]) - shares[:, None, :])
        variance = np.einsum("ur,rkl->ukl", parties, spread) + ridge
        missing = (candidates - parties @ shares)[:, :, None]
        pull = np.linalg.solve(variance, missing)[:, :, 0]
        table = parties.sum(axis=0)[:, None] * shares
        return np.maximum(table + np.einsum("rkl,rl->rk", spread, parties.T @ pull), 0)

    return _alternate(district, fit, smoothing)


def _alternate(
    district: District, fit: Callable[[np.ndarray], np.ndarray], smoothing: float
) -> np.ndarray:
    """Estimate table and shares from one another until few voters change cells."""
    table = proportional(district)
    for _ in range(ROUNDS):
        before, table = table, fit(_shares(table, district, smoothing))
        if np.abs(table - before).sum() / 2 < STEADY * table.sum():
            break
    return table


def _shares(table: np.ndarray, district: District, smoothing: float) -> np.ndarray:
    """Shares of candidates by party, smoothed by a few voters a party who vote as the district."""
    margin = district.candidates.sum(axis=0)
    table = table + (smoothing * len(margin) + TINY) * margin / margin.sum()
    return table / table.sum(axis=1, keepdims=True)


def _on_simplex(table: np.ndarray) -> np.ndarray:
    """Project rows onto the simplex."""
    falling = -np.sort(-table, axis=1)
    sums = (np.cumsum(falling, axis=1) - 1) / np.arange(1, table.shape[1] + 1)
    last = (falling > sums).sum(axis=1) - 1
    return np.maximum(table - np.take_along_axis(sums, last[:, None], axis=1), 0)


METHODS: dict[tuple[str, str], Callable[[District], np.ndarray]] = {
    ("independence", "in the district"): independence,
    ("proportional", "in each unit"): proportional,
    ("Goodman", "shares on the simplex"): goodman,
    ("counts", "no smoothing"): lambda district: counts(district, 0.0),
    ("counts", "one voter a cell"): lambda district: counts(district, 1.0),
    ("transport", "no smoothing"): lambda district: transport(district, 0.0),
    ("transport", "one voter a cell"): lambda district: transport(district, 1.0),
}


def rows(
    name: str, districts: list[District], chosen: list[str] | None
) -> Iterator[dict[str, Any]]:
    """Score every method on one election."""
    voters = sum(district.truth.sum() for district in districts)
    for (method, setting), estimate in METHODS.items():
        if chosen is not None and method not in chosen:
            continue
        start = time.perf_counter()
        apart = [np.abs(estimate(district) - district.truth).sum() / 2 for district in districts]
        yield {
            "set": name,
            "method": method,
            "setting": setting,
            "seed": 0,
            "districts": len(districts),
            "units": sum(len(district.parties) for district in districts),
            "error": 100 * sum(apart) / voters,
            "seconds": time.perf_counter() - start,
        }


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--methods", nargs="+", choices=sorted({name for name, _ in METHODS}))
    parser.add_argument("--districts", type=int, help="take the first N of each election only")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    found = []
    for name in find(chosen.data, chosen.sets):
        for path in sorted((chosen.data / name).glob("*.npz")):
            districts = list(read(path))[: chosen.districts]
            for row in rows(path.stem, districts, chosen.methods):
                found.append(row)
                print("  ".join(map(str, row.values())), flush=True)
    if chosen.out:
        _results.write(chosen.out, found, COLUMNS, _results.made() + "; other work on the machine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
