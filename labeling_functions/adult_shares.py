"""Tell who earned more than 50,000 dollars in 1994, from nothing but a table of shares by group.

Statistical offices publish how many in a group earn so much, and never who. The table beside this
file, ``adult_shares.csv``, is of that kind: the share in each group of people of one occupation,
schooling and age, in whole per cent, and none for groups of fewer than thirty people. It was
counted once, from the labels that ship with weaklabel; the task reads the table and no label.

Nobody votes here. What tells people of one group apart are their features: a classifier that gets
the shares of all groups right at once has learned what makes an income.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import weaklabel as wl
from weaklabel.datasets import load_adult

CLASSES = ["<=50K", ">50K"]
GOLD = "label"

SCHOOLING = {8: "no diploma", 9: "high school", 12: "college", 13: "bachelor", 16: "advanced"}
AGES = {
    24: "under 25",
    34: "25 to 34",
    44: "35 to 44",
    54: "45 to 54",
    64: "55 to 64",
    120: "65 up",
}
ROUNDING = 0.005  # shares are in whole per cent

NUMBERS = ["age", "education_num", "hours_per_week"]
AMOUNTS = ["capital_gain", "capital_loss"]
NAMES = ["workclass", "marital_status", "occupation", "relationship"]


def upto(numbers: pd.Series, names: dict[int, str]) -> pd.Series:
    """Name the range that each number falls into; the keys are the last numbers of the ranges."""
    return pd.cut(numbers, [-1, *names], labels=list(names.values())).astype(str)


def group(people: pd.DataFrame) -> pd.Series:
    """Name the group of each person, as the table does."""
    occupation = people["occupation"].astype(object).fillna("none").astype(str)
    schooling, age = upto(people["education_num"], SCHOOLING), upto(people["age"], AGES)
    return (occupation + ", " + schooling + ", " + age).rename("group")


def shares() -> pd.Series:
    """Read the share of each group that earns more than 50,000 dollars."""
    table = pd.read_csv(Path(__file__).with_name("adult_shares.csv"), index_col="group")
    return table["percent"] / 100


def evidence(people: pd.DataFrame) -> wl.Evidence:
    """Say what is known: the share of each group, and what describes the people."""
    groups, known = group(people), shares()
    known = known[known.index.isin(groups)]
    return (
        wl.Evidence(people.index, classes=CLASSES)
        .with_bags(
            groups.where(groups.isin(known.index)),
            wl.Proportion(">50K", share=known, within=ROUNDING),
        )
        .with_features(features().fit_transform(people))
    )


def load() -> pd.DataFrame:
    """Load the 48,842 people that ship with weaklabel."""
    return load_adult()


def features() -> ColumnTransformer:
    """Scale numbers and orders of magnitude, and spread names into columns."""
    amounts = make_pipeline(FunctionTransformer(np.log1p), StandardScaler())
    names = OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False)
    return ColumnTransformer(
        [
            ("numbers", StandardScaler(), NUMBERS),
            ("amounts", amounts, AMOUNTS),
            ("names", names, NAMES),
        ]
    )
