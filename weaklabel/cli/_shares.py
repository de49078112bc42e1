"""The part of ``weaklabel demo`` that states shares of groups, and shows what they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weaklabel.analysis import score
from weaklabel.cli import _html
from weaklabel.cli._figures import can_draw, figure
from weaklabel.constraints import Proportion
from weaklabel.evidence import Evidence
from weaklabel.plots import bag_shares
from weaklabel.posterior import Posterior

LEAST = 20  # comments of a month whose share is told; a share of one comment would be its label


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of spam by video and month.

    Parameters
    ----------
    bag : Series, n_items
        Video and month of each comment; missing without a date, and where there are few comments.
    share : Series, n_bags
        Share of spam, by name of bag.
    """

    bag: pd.Series
    share: pd.Series

    @classmethod
    def count(cls, comments: pd.DataFrame, gold: pd.Series) -> Shares:
        """Count them; a user would have them from elsewhere, and no gold.

        Parameters
        ----------
        comments : DataFrame, n_items x n_columns
            With `video` and `date`.
        gold : Series, n_items
        """
        bag = comments["video"].astype(str) + comments["date"].dt.strftime(" %Y-%m")
        bag = bag.where(bag.groupby(bag).transform("size") >= LEAST)
        return cls(bag=bag, share=(gold == "spam").groupby(bag).mean())

    @property
    def mixed(self) -> pd.Series:
        """Boolean, n_items: in a month where some comments are spam and some are not."""
        return self.bag.map(self.share).between(0, 1, inclusive="neither")

    def add_to(self, evidence: Evidence) -> Evidence:
        """State them."""
        return evidence.with_bags(self.bag, Proportion("spam", share=self.share))

    def told(self) -> str:
        """Say what is stated, and where it comes from."""
        n_inside, n_mixed = int(self.bag.notna().sum()), int(self.mixed.sum())
        pure = int((self.share.isin([0, 1])).sum())
        return (
            f"   The share of spam is stated for {len(self.share)} months of videos, those with "
            f"{LEAST} comments or more,\n   {n_inside:,} comments together. In reality such "
            "numbers come from a log of moderators. In this demo\n   they are counted from the "
            "gold labels of all these comments, those held out below included;\n   no single "
            f"label is told. (Yet in {pure} of the months all is spam or nothing is, which gives\n"
            f"   away {n_inside - n_mixed} labels.)"
        )

    def reading(self, predictions: dict[str, Any], gold: pd.Series, names: tuple[str, str]) -> str:
        """Say what shares change where they give no label away."""
        before, after = (_accuracy(predictions[name], gold, self.mixed) for name in names)
        return (
            f"In months where some comments are spam and some are not, shares move the label "
            f"model from\n{before:.1%} to {after:.1%} accuracy."
        )

    def section(self, evidence: Evidence, posteriors: dict[str, Posterior]) -> _html.Node:
        """Make the section of the report that shows what they change.

        Parameters
        ----------
        evidence : Evidence
            With shares.
        posteriors : dict of str to Posterior
            By what they know.
        """
        figures = [
            figure(
                lambda ax, posterior=posterior: bag_shares(evidence, posterior, ax=ax),
                f"{name}: share of spam in each month of a video, against the share stated.",
                width=7,
            )
            for name, posterior in posteriors.items()
            if can_draw()
        ]
        return _html.section(
            "What shares of groups change",
            _html.element("p", self.told()),
            _html.element("div", *figures, class_="pair"),
        )


def _accuracy(probabilities: Any, gold: pd.Series, which: pd.Series) -> float:
    """Accuracy on some of the items that there are probabilities of."""
    index = probabilities.index[which[probabilities.index]]
    frame = probabilities.frame() if isinstance(probabilities, Posterior) else probabilities
    return float(np.asarray(score(gold[index], frame.loc[index])["accuracy"]))
