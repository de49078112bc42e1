"""What every source said about every item, sparse: one entry a vote, silence is absence."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from array_api_compat import array_namespace, is_cupy_array, is_numpy_array

from weaklabel._check import as_index, first_few
from weaklabel._device import beside, device_of, on_host
from weaklabel._memo import remembered
from weaklabel.kernels import gather_sum, scatter_sum, vote_sums
from weaklabel.kernels.vote_sums import CELLS


@dataclass(frozen=True, kw_only=True, eq=False)
class Votes:
    """Votes of sources about items, sorted by item.

    A vote is a *code*: the first n_classes codes say one class, further codes say a set of
    classes ("spam or promo", "not spam"). `statements` tells which classes a code allows. A soft
    vote is one entry for every class it gives weight to.

    Parameters
    ----------
    item : integer array, n_votes
        Position of the item in the index; not decreasing.
    source : integer array, n_votes
        Position of the source in `sources`.
    code : integer array, n_votes
        Row of `statements`.
    weight : floating array, n_votes
        1 for a hard vote; for a soft vote the probability it gives to the class. Positive. May be
        one number that is repeated without being stored (``numpy.broadcast_to``).
    n_items : int
        How many items there are, voted on or not.
    sources, classes : pandas.Index
        Names; always on the host.
    statements : boolean array, n_codes x n_classes
        The classes that a code allows. The first n_classes rows are the identity.
    informative_silence : boolean array, n_sources
        True where the source saw every item, so that its silence says something (labeling
        functions); False where items were assigned to it (crowd workers).

    Examples
    --------
    >>> import weaklabel as wl
    >>> evidence = wl.Evidence(["r1", "r2"], classes=["bad", "fine"])
    >>> stars = pd.DataFrame({"stars": ["bad", None]}, index=["r1", "r2"])
    >>> votes = evidence.with_votes(stars).votes
    >>> votes.n_votes, votes.n_items, list(votes.sources)
    (1, 2, ['stars'])
    """

    item: Any
    source: Any
    code: Any
    weight: Any
    n_items: int
    sources: pd.Index
    classes: pd.Index
    statements: Any
    informative_silence: Any

    def __repr__(self) -> str:
        return f"Votes({self.n_votes} votes of {self.n_sources} sources on {self.n_items} items)"

    @property
    def n_votes(self) -> int:
        """Number of entries; a soft vote has several."""
        return self.item.shape[0]

    @property
    def n_sources(self) -> int:
        """Number of sources, silent ones included."""
        return len(self.sources)

    @property
    def n_codes(self) -> int:
        """Number of different things a vote can say."""
        return self.statements.shape[0]

    @cached_property
    def starts(self) -> Any:
        """Votes ``starts[i]`` to ``starts[i + 1] - 1`` are those on item i."""
        xp = array_namespace(self.item)
        items = xp.arange(self.n_items + 1, dtype=self.item.dtype, device=device_of(self.item))
        return xp.searchsorted(self.item, items)

    @cached_property
    def unit(self) -> Any:
        """What was said by whom, as one number: source times n_codes plus code."""
        xp = array_namespace(self.item)
        wide = xp.int32 if self.n_units < 2**31 else xp.int64
        unit = xp.astype(self.source, wide, copy=False) * self.n_codes
        unit += xp.astype(self.code, wide, copy=False)
        return unit

    @property
    def n_units(self) -> int:
        """Number of pairs of a source and a code."""
        return self.n_sources * self.n_codes

    @property
    def brief_weight(self) -> Any:
        """Weights as kernels take them: a single number where it is repeated for all votes."""
        alike = is_numpy_array(self.weight) and self.weight.strides == (0,)
        return self.weight[:1].copy() if alike and self.n_votes else self.weight

    @property
    def hard(self) -> bool:
        """Tell whether all votes are known to weigh one."""
        brief = self.brief_weight
        return brief is not self.weight and bool(brief[0] == 1)

    @cached_property
    def n_said(self) -> Any:
        """Number of entries of each unit, n_units."""
        if is_numpy_array(self.item):
            once, each = np.ones((self.n_items, 1)), np.ones(1)
            counts = scatter_sum(once, self.unit, each, self.starts, self.n_units)
            return counts[:, 0].astype(np.int64)
        bounds = self._by_unit[2]
        return bounds[1:] - bounds[:-1]

    def said(self, weights: Any = None) -> Any:
        """Weight of what each source said, n_sources x n_codes.

        Parameters
        ----------
        weights : floating array, n_items, or None
            How much each item counts; None: one.
        """
        return remembered(self, "_said", (weights,), lambda: self._said_by_all(weights))

    def _said_by_all(self, weights: Any) -> Any:
        xp = array_namespace(self.weight)
        if weights is None:
            device = device_of(self.weight)
            weights = xp.ones(self.n_items, dtype=self.weight.dtype, device=device)
        return self.sum_by_unit(weights[:, None])[:, :, 0]

    @cached_property
    def _by_unit(self) -> tuple[Any, Any, Any]:
        """Item and weight of every vote in the order of units, and where each unit starts."""
        xp = array_namespace(self.item)
        order = xp.argsort(self.unit, stable=True)
        units = xp.arange(self.n_units + 1, dtype=self.unit.dtype, device=device_of(order))
        starts = xp.searchsorted(xp.take(self.unit, order), units)
        return xp.take(self.item, order), xp.take(self.weight, order), starts

    @cached_property
    def _tiled(self) -> tuple[Any, Any, Any, int]:
        """Votes by tile and unit, as `vote_sums` wants them: place, weight, runs, tile."""
        xp = array_namespace(self.item)
        tile = tile_for(self.item, self.n_items, len(self.classes))
        if tile >= self.n_items:
            return *self._by_unit, tile
        n_units, n_tiles = self.n_units, -(-self.n_items // tile)
        item = xp.astype(self.item, xp.int64)
        key = item // tile * n_units + self.unit
        order = xp.argsort(key, stable=True)
        runs = xp.arange(n_tiles * n_units + 1, dtype=xp.int64, device=device_of(order))
        runs = xp.searchsorted(xp.take(key, order), runs)
        place = xp.astype(xp.take(item % tile, order), _least(xp, self.item, tile, "uint16"))
        return place, xp.take(self.weight, order), runs, tile

    @cached_property
    def _compact(self) -> tuple[Any, ...]:
        """Arguments of `vote_sums` that do not change: what a sweep reads, as few bytes as can be.

        One weight stands for all where every vote is hard.
        """
        xp = array_namespace(self.item)
        place, weight, runs, tile = self._tiled
        hard = bool(xp.all(self.weight == 1))
        one = xp.ones(1, dtype=self.weight.dtype, device=device_of(self.weight))
        unit = xp.astype(self.unit, _least(xp, self.item, self.n_units, "int32"))
        by_item = unit, one if hard else self.weight, self.starts
        return *by_item, place, one if hard else weight, runs, tile

    def step(self, table: Any, log_prior: Any, weights: Any = None) -> tuple[Any, Any, Any, Any]:
        """Do an E-step and add up what it says, without keeping a posterior; see `vote_sums`.

        Parameters
        ----------
        table : floating array, n_sources x n_codes x n_classes
            Log emissions.
        log_prior : floating array, n_classes
        weights : floating array, n_items, or None
            How much each item counts; None counts each once.

        Returns
        -------
        likelihood, silent : floating array, no dimension
        mass : floating array, n_classes
        said : floating array, n_sources x n_codes x n_classes
        """
        xp = array_namespace(table)
        if weights is None:
            weights = xp.ones(1, dtype=table.dtype, device=device_of(table))
        unit, weight, starts, *tiled = self._compact
        place, place_weight, runs, tile = tiled
        flat = xp.reshape(table, (-1, table.shape[-1]))
        likelihood, silent, mass, said = vote_sums(
            flat, log_prior, unit, weight, starts, weights, place, place_weight, runs, tile
        )
        return likelihood, silent, mass, xp.reshape(said, table.shape)

    def sum_by_item(self, table: Any) -> Any:
        """Sum rows of a table over what was said about each item.

        Parameters
        ----------
        table : floating array, n_sources x n_codes x n_columns

        Returns
        -------
        floating array, n_items x n_columns
        """
        xp = array_namespace(table)
        flat = xp.reshape(table, (-1, table.shape[-1]))
        weight = xp.astype(self.brief_weight, table.dtype, copy=False)
        return gather_sum(flat, self.unit, weight, self.starts)

    def sum_by_unit(self, table: Any) -> Any:
        """Sum rows of a table over the items about which a source said a code.

        Parameters
        ----------
        table : floating array, n_items x n_columns

        Returns
        -------
        floating array, n_sources x n_codes x n_columns
        """
        xp = array_namespace(table)
        if is_numpy_array(table):
            weight = self.brief_weight.astype(table.dtype, copy=False)
            flat = scatter_sum(table, self.unit, weight, self.starts, self.n_units)
        else:  # sorted once, and summed without two threads at one place
            item, weight, starts = self._by_unit
            flat = gather_sum(table, item, xp.astype(weight, table.dtype, copy=False), starts)
        return xp.reshape(flat, (self.n_sources, self.n_codes, table.shape[-1]))

    @cached_property
    def counts(self) -> Any:
        """Weight of votes on each item, n_items; a hard or soft vote counts one."""
        xp = array_namespace(self.weight)
        if self.brief_weight is not self.weight:
            return self.brief_weight * (self.starts[1:] - self.starts[:-1])
        one = xp.ones(
            (self.n_sources, self.n_codes, 1),
            dtype=self.weight.dtype,
            device=device_of(self.weight),
        )
        return self.sum_by_item(one)[:, 0]

    @property
    def voted(self) -> Any:
        """Boolean array, n_items: some source voted."""
        return self.starts[1:] > self.starts[:-1]

    @property
    def ever_voted(self) -> Any:
        """Boolean array, n_sources: the source voted on some item."""
        xp = array_namespace(self.n_said)
        return xp.any(xp.reshape(self.n_said > 0, (self.n_sources, self.n_codes)), axis=1)

    @cached_property
    def shares(self) -> Any:
        """Share of each class among the votes on an item, n_items x n_classes; uniform if none.

        A vote for a set of classes gives each of them the same part.
        """
        xp = array_namespace(self.weight)
        allows = xp.astype(self.statements, self.weight.dtype)
        parts = allows / xp.sum(allows, axis=1, keepdims=True)
        table = xp.broadcast_to(parts[None, :, :], (self.n_sources, *parts.shape))
        total = self.sum_by_item(table)
        counts = self.counts[:, None]
        return xp.where(
            counts > 0, total / xp.where(counts > 0, counts, 1.0), 1 / len(self.classes)
        )

    def take(self, rows: Any) -> Votes:
        """Keep some items, in the order of `rows`.

        Parameters
        ----------
        rows : integer array
            Positions of items, at least 0; may repeat. On the host, or beside the votes.
        """
        xp = array_namespace(self.item)
        rows = beside(rows, self.item)
        first = xp.take(self.starts, rows)
        sizes = xp.take(self.starts, rows + 1) - first
        ends = xp.cumulative_sum(sizes)
        item = xp.repeat(
            xp.arange(rows.shape[0], dtype=self.item.dtype, device=device_of(sizes)), sizes
        )
        place = xp.arange(item.shape[0], device=device_of(sizes)) - xp.take(ends - sizes, item)
        vote = xp.take(first, item) + place
        return replace(
            self,
            item=item,
            source=xp.take(self.source, vote),
            code=xp.take(self.code, vote),
            weight=self._weight_of(vote),
            n_items=rows.shape[0],
        )

    def _weight_of(self, vote: Any) -> Any:
        """Give the weight of some votes; a number that is repeated stays one."""
        brief = self.brief_weight
        if brief is not self.weight:
            return np.broadcast_to(brief, vote.shape)
        return array_namespace(vote).take(brief, vote)

    def weighed(self, by_source: Any) -> Votes:
        """Multiply the weight of each vote by a number of its source.

        Parameters
        ----------
        by_source : floating array, n_sources
        """
        xp = array_namespace(self.weight)
        return replace(self, weight=self.weight * xp.take(by_source, self.source))

    def select(self, sources: Any, *, add_silent: bool = False) -> Votes:
        """Keep some sources, by name, in the order given.

        Parameters
        ----------
        sources : sequence of names
        add_silent : bool
            Take a name that is not among the sources for one that was never asked, instead of
            refusing it.

        Raises
        ------
        KeyError
            If a name is not among the sources.
        """
        names = as_index(sources)
        if names.equals(self.sources):
            return self
        chosen = self.sources.get_indexer(names)
        there = chosen >= 0
        if not there.all() and not add_silent:
            msg = (
                f"There is no source {first_few(names[chosen < 0])}; the sources are "
                f"{first_few(self.sources, 12)}. Check the spelling."
            )
            raise KeyError(msg)
        numbers = np.full(self.n_sources, -1)
        numbers[chosen[there]] = np.flatnonzero(there)
        informative = np.zeros(len(names), dtype=bool)
        informative[there] = on_host(self.informative_silence)[chosen[there]]
        xp = array_namespace(self.source)
        table = xp.asarray(numbers, dtype=self.source.dtype, device=device_of(self.source))
        source = xp.take(table, self.source)
        keep = xp.nonzero(source >= 0)[0]
        return replace(
            self,
            item=xp.take(self.item, keep),
            source=xp.take(source, keep),
            code=xp.take(self.code, keep),
            weight=self._weight_of(keep),
            sources=names,
            informative_silence=xp.asarray(informative, device=device_of(self.source)),
        )

    def with_codes(self, statements: np.ndarray) -> Votes:
        """Give codes the numbers of another table of statements; new ones come after.

        Parameters
        ----------
        statements : boolean array, n_codes x n_classes
            On the host; the first n_classes rows are the identity.
        """
        own = on_host(self.statements)
        if own.shape == statements.shape and (own == statements).all():
            return self
        numbers = {row.tobytes(): code for code, row in enumerate(statements)}
        number = [numbers.setdefault(row.tobytes(), len(numbers)) for row in own]
        added = own[np.array(number) >= len(statements)]
        xp = array_namespace(self.code)
        table = xp.asarray(np.array(number), dtype=self.code.dtype, device=device_of(self.code))
        merged = xp.asarray(np.concatenate([statements, added]), device=device_of(self.code))
        return replace(self, code=xp.take(table, self.code), statements=merged)

    def map_arrays(self, move: Any) -> Votes:
        """Apply a function to every array; names stay on the host."""
        changes = {name: move(getattr(self, name)) for name in ARRAYS}
        if all(changed is getattr(self, name) for name, changed in changes.items()):
            return self
        return replace(self, **changes)


def tile_for(like: Any, n_items: int, n_classes: int) -> int:
    """Give how many items a tile has: on a GPU those whose posterior a block holds; or all."""
    return max(1, CELLS // n_classes if is_cupy_array(like) else n_items)


def _least(xp: Any, like: Any, most: int, name: str) -> Any:
    """Name a small type of integers that reaches `most`; elsewhere than on a GPU, the usual."""
    small = getattr(xp, name)
    return small if is_cupy_array(like) and most <= xp.iinfo(small).max else xp.int64


ARRAYS = tuple(
    field.name for field in fields(Votes) if field.name not in {"n_items", "sources", "classes"}
)
