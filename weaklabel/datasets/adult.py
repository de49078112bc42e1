"""People of the 1994 United States census, and whether they earn more than 50,000 dollars."""

from __future__ import annotations

import pandas as pd

from weaklabel.datasets._files import read_table

# From the least to the most schooling; the position is `education_num` - 1.
_EDUCATION = pd.CategoricalDtype(
    [
        "Preschool",
        "1st-4th",
        "5th-6th",
        "7th-8th",
        "9th",
        "10th",
        "11th",
        "12th",
        "HS-grad",
        "Some-college",
        "Assoc-voc",
        "Assoc-acdm",
        "Bachelors",
        "Masters",
        "Prof-school",
        "Doctorate",
    ],
    ordered=True,
)

_DTYPES = {
    "workclass": "category",
    "education": _EDUCATION,
    "marital_status": "category",
    "occupation": "category",
    "relationship": "category",
    "race": "category",
    "sex": "category",
    "native_country": "category",
    "split": pd.CategoricalDtype(["train", "test"]),
    "label": pd.CategoricalDtype(["<=50K", ">50K"]),
}


def load_adult() -> pd.DataFrame:
    """Load 48,842 people of the 1994 United States census with their income class.

    The Adult data [1]_, CC BY 4.0; ``weaklabel/datasets/files/ATTRIBUTION.md`` lists the changes
    made.

    Returns
    -------
    DataFrame, 48842 x 16
        Indexed by `person`, 0 to 48841; the published training part comes first.

        - `age` (years), `fnlwgt` (how many people the row stands for), `education_num` (1 to 16,
          the order of `education`), `capital_gain`, `capital_loss` (dollars a year),
          `hours_per_week`: integers.
        - `workclass`, `education` (ordered), `marital_status`, `occupation`, `relationship`,
          `race`, `sex`, `native_country`: Categorical; workclass, occupation and country have
          missing values.
        - `split`: Categorical, "train" (32,561) or "test" (16,281), as published.
        - `label`: Categorical, "<=50K" or ">50K" dollars a year. This is gold: functions must not
          read it.

    References
    ----------
    .. [1] B. Becker, R. Kohavi, "Adult", UCI Machine Learning Repository, 1996.
       https://doi.org/10.24432/C5XW20

    Examples
    --------
    >>> people = load_adult()
    >>> people.loc[0, ["age", "education", "occupation"]].to_dict()
    {'age': 39, 'education': 'Bachelors', 'occupation': 'Adm-clerical'}
    >>> int((people["education"] >= "Masters").sum())
    4085
    """
    people = read_table("adult.parquet").astype(_DTYPES)
    people.index.name = "person"
    return people
