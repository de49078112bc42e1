"""Tell who earned more than 50,000 dollars in 1994.

Rules of thumb over census columns, written from what everybody knows about work and pay, without
looking at an income. Race, sex and country of birth are left out on purpose: what they would add
is the prejudice of the time, which a classifier should not learn from us.
"""

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from weaklabel.datasets import load_adult
from weaklabel.functions import Threshold, labeling_function

CLASSES = ["<=50K", ">50K"]
GOLD = "label"

NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
NAMES = ["workclass", "marital_status", "occupation", "relationship"]


def vote_where(hits: pd.Series, vote: str) -> pd.Series:
    """Vote where `hits` is true, abstain elsewhere."""
    return pd.Series(vote, hits.index, dtype=object).where(hits, None)


@labeling_function(vectorized=True)
def advanced_degree(people: pd.DataFrame) -> pd.Series:
    """Count on a master's degree to pay, once the studies are over."""
    return vote_where((people["education_num"] >= 14) & (people["age"] >= 30), ">50K")


@labeling_function(vectorized=True)
def established_professional(people: pd.DataFrame) -> pd.Series:
    """Find managers and professionals with a degree and about fifteen years of work."""
    job = people["occupation"].isin(["Exec-managerial", "Prof-specialty"])
    return vote_where(job & (people["education_num"] >= 13) & (people["age"] >= 35), ">50K")


@labeling_function(vectorized=True)
def married_graduate(people: pd.DataFrame) -> pd.Series:
    """Find married graduates in the best years for an income."""
    married = people["marital_status"].isin(["Married-civ-spouse", "Married-AF-spouse"])
    graduate = people["education_num"] >= 13
    return vote_where(married & graduate & people["age"].between(35, 60), ">50K")


@labeling_function(vectorized=True)
def low_paid_job(people: pd.DataFrame) -> pd.Series:
    """Find service, cleaning, household and farm work."""
    jobs = ["Other-service", "Handlers-cleaners", "Priv-house-serv", "Farming-fishing"]
    return vote_where(people["occupation"].isin(jobs), "<=50K")


@labeling_function(vectorized=True)
def manual_job_without_college(people: pd.DataFrame) -> pd.Series:
    """Find machine, transport, office and craft work of people who went to no college."""
    jobs = ["Machine-op-inspct", "Transport-moving", "Adm-clerical", "Craft-repair"]
    no_college = people["education_num"] <= 9
    return vote_where(people["occupation"].isin(jobs) & no_college, "<=50K")


@labeling_function(vectorized=True)
def young_and_single(people: pd.DataFrame) -> pd.Series:
    """Find the unmarried under thirty, mostly at the start of working life."""
    single = people["marital_status"] == "Never-married"
    return vote_where(single & (people["age"] < 30), "<=50K")


@labeling_function
def owns_company(row):
    """Find people whose own incorporated business fills the week."""
    return ">50K" if row.workclass == "Self-emp-inc" and row.hours_per_week >= 40 else None


@labeling_function
def works_without_pay(row):
    """Find people with no pay or no work."""
    return "<=50K" if row.workclass in {"Without-pay", "Never-worked"} else None


@labeling_function
def depends_on_family(row):
    """Find children and other relatives in a household, and single parents."""
    return "<=50K" if row.relationship in {"Own-child", "Other-relative", "Unmarried"} else None


FUNCTIONS = [
    # who has capital to win or lose
    Threshold("capital_gain", low=5_000, vote=">50K", name="large_gain"),
    Threshold("capital_loss", low=1_500, vote=">50K", name="large_loss"),
    # schooling and work
    advanced_degree,
    established_professional,
    owns_company,
    Threshold("education_num", high=9, vote="<=50K", name="left_school"),
    low_paid_job,
    manual_job_without_college,
    works_without_pay,
    Threshold("hours_per_week", high=30, vote="<=50K", name="part_time"),
    # where people stand in life
    Threshold("age", high=25, vote="<=50K", name="under_25"),
    young_and_single,
    depends_on_family,
    married_graduate,
]


def load() -> pd.DataFrame:
    """Load the 48,842 people that ship with weaklabel; `split` holds the published parts."""
    return load_adult()


def features() -> ColumnTransformer:
    """Scale the numbers and spread the names into columns, as the functions see them."""
    names = OneHotEncoder(handle_unknown="ignore", min_frequency=20)
    return ColumnTransformer([("numbers", StandardScaler(), NUMBERS), ("names", names, NAMES)])
